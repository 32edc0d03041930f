import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { COUNTED } from '../endpoint/cost.ts';
import {
  type DeclineFigure,
  type DurationBucket,
  type Interval,
  isTooLong,
  type OpenSessions,
  type OverviewRange,
  type ProviderFigure,
  RANGE_DAYS_MAX,
  roundRange,
  type SessionFigure,
  type TimeToCompletion,
} from '../overview/overview.ts';
import { type Overview, readOverview } from '../overview/read.ts';
import { isTimeZone } from '../overview/zone.ts';
import { requireMerchant } from './access.ts';
import { builder } from './builder.ts';
import { CurrencyEnum, DeclineReasonEnum, ProviderEnum, SessionStatusEnum } from './enums.ts';

const IntervalEnum = builder.enumType('OverviewInterval', {
  description: 'By what sessions are counted over time.',
  values: {
    HOUR: { description: `Each hour is counted by itself, over at most ${RANGE_DAYS_MAX.HOUR} days.` },
    DAY: { description: `Each day of the time zone is counted by itself, over at most ${RANGE_DAYS_MAX.DAY} days.` },
  } as const satisfies Record<Interval, { description: string }>,
});

const EARLIEST = new Date('1970-01-01T00:00:00.000Z');
const LATEST = new Date('9999-01-01T00:00:00.000Z');
const UTC = 'UTC';

const instant = z
  .date()
  .min(EARLIEST, 'A range begins in 1970 at the earliest.')
  .max(LATEST, 'A range ends before the year 9999.');

interface RangeInput {
  readonly from: Date;
  readonly before: Date;
  readonly interval: Interval;
  readonly timeZone?: string | null | undefined;
}

function toRange({ timeZone, ...range }: RangeInput): OverviewRange {
  return roundRange({ ...range, timeZone: timeZone ?? UTC });
}

const rangeSchema = z
  .looseObject({
    from: instant,
    before: instant,
    timeZone: z
      .string()
      .refine(isTimeZone, { message: 'This is not a time zone of the IANA database, such as Europe/Berlin.' })
      .nullish(),
  })
  .check(({ value, issues }) => {
    const message = lengthProblem(value as unknown as RangeInput);
    if (message !== null) issues.push({ code: 'custom', path: ['before'], message, input: value });
  });

function lengthProblem(input: RangeInput): string | null {
  if (input.before <= input.from) return 'The range ends before it begins: before must be later than from.';
  if (!isTooLong(toRange(input))) return null;
  const remedy = input.interval === 'HOUR' ? 'Ask for less, or count by DAY.' : 'Ask for less at a time.';
  return `A range by ${input.interval} is at most ${RANGE_DAYS_MAX[input.interval]} days long. ${remedy}`;
}

const RangeInputType = builder.inputType('OverviewRangeInput', {
  description: 'Which sessions the figures are about, by when they were started, and by what they are counted.',
  validate: checked(rangeSchema),
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      required: true,
      description: 'Where the range begins. By HOUR it is rounded down to a whole hour of UTC.',
    }),
    before: t.field({
      type: 'DateTime',
      required: true,
      description:
        'Where the range ends; what is started at that instant is not in it. By HOUR it is rounded up to a whole hour of UTC.',
    }),
    interval: t.field({ type: IntervalEnum, required: true, description: 'By what sessions are counted over time.' }),
    timeZone: t.string({
      description:
        'Whose days are meant, by a name of the IANA database such as "Europe/Berlin"; UTC when left out. A day on which clocks change has 23 or 25 hours.',
    }),
  }),
});

const SessionFigureObject = builder.objectRef<SessionFigure>('SessionFigure').implement({
  description: 'The sessions of one currency and status that were started within one hour or day.',
  fields: (t) => ({
    start: t.expose('start', {
      type: 'DateTime',
      description:
        'When the hour or day begins. The first day may begin before the range; of it, only what is in the range counts.',
    }),
    currency: t.expose('currency', { type: CurrencyEnum, description: 'The currency of the sessions.' }),
    status: t.expose('status', { type: SessionStatusEnum, description: 'How far the sessions have come by now.' }),
    count: t.exposeInt('count', { description: 'How many sessions these are.' }),
    amount: t.expose('amountMinor', {
      type: 'BigInt',
      description:
        'The sum of their amounts in the smallest unit of the currency. Sessions that only store a payment method add 0.',
    }),
  }),
});

const ProviderFigureObject = builder.objectRef<ProviderFigure>('ProviderFigure').implement({
  description: 'What became of the sessions that were started in the range and run through one provider.',
  fields: (t) => ({
    transactionProvider: t.expose('provider', { type: ProviderEnum, description: 'The provider.' }),
    started: t.exposeInt('started', { description: 'How many sessions were started.' }),
    completed: t.exposeInt('completed', { description: 'How many of them are COMPLETED.' }),
    declined: t.exposeInt('declined', { description: 'How many of them are DECLINED.' }),
    canceled: t.exposeInt('canceled', { description: 'How many of them are CANCELED.' }),
    expired: t.exposeInt('expired', { description: 'How many of them are EXPIRED.' }),
    failed: t.exposeInt('failed', { description: 'How many of them are in ERROR.' }),
    open: t.exposeInt('open', { description: 'How many of them have not ended: they are PENDING, ACTIVE or UNKNOWN.' }),
    successRate: t.exposeFloat('successRate', {
      nullable: true,
      description: 'Which part of those that have ended was completed, from 0 to 1. Null while none has ended.',
    }),
  }),
});

const DeclineFigureObject = builder.objectRef<DeclineFigure>('DeclineFigure').implement({
  description: 'How often transactions were declined for one reason.',
  fields: (t) => ({
    reason: t.expose('reason', { type: DeclineReasonEnum, description: 'Why they were declined.' }),
    count: t.exposeInt('count', { description: 'How many transactions these are.' }),
  }),
});

const DurationBucketObject = builder.objectRef<DurationBucket>('DurationBucket').implement({
  description: 'The completed sessions that took about as long as each other.',
  fields: (t) => ({
    fromSeconds: t.exposeInt('fromSeconds', { description: 'The sessions took this long or longer, in seconds.' }),
    beforeSeconds: t.exposeInt('beforeSeconds', {
      nullable: true,
      description: 'The sessions took less than this, in seconds. Null for the last bucket, which has no end.',
    }),
    count: t.exposeInt('count', { description: 'How many sessions these are.' }),
  }),
});

const ESTIMATE =
  'Estimated from `buckets`, as if the sessions of a bucket were spread evenly over it; in the last bucket it is where that begins.';

const TimeToCompletionObject = builder.objectRef<TimeToCompletion>('TimeToCompletion').implement({
  description:
    'How long the completed sessions that were started in the range took from their start to their end. One that was paid after it had ended otherwise counts with that first end.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: 'How many completed sessions there are.' }),
    medianSeconds: t.exposeFloat('medianSeconds', {
      nullable: true,
      description: `Half of them took at most this long, in seconds. ${ESTIMATE} Null when there are none.`,
    }),
    p90Seconds: t.exposeFloat('p90Seconds', {
      nullable: true,
      description: `Nine in ten of them took at most this long, in seconds. ${ESTIMATE} Null when there are none.`,
    }),
    buckets: t.expose('buckets', {
      type: [DurationBucketObject],
      description: 'All of them by how long they took, shortest first: always the same buckets, empty ones too.',
    }),
  }),
});

const OpenSessionsObject = builder.objectRef<OpenSessions>('OpenSessions').implement({
  description: 'The sessions that have not ended, as of now and whenever they were started.',
  fields: (t) => ({
    pending: t.exposeInt('pending', { description: 'How many are PENDING.' }),
    active: t.exposeInt('active', { description: 'How many are ACTIVE.' }),
    unknown: t.exposeInt('unknown', { description: 'How many are UNKNOWN.' }),
    stuck: t.exposeInt('stuck', {
      description: 'How many of all of these a person should look at: those that the filter `isStuck` of `clientSessions` finds.',
    }),
  }),
});

const OverviewObject = builder.objectRef<Overview>('Overview').implement({
  description:
    'What the merchant’s sessions look like in numbers. Each figure is counted as of this call and only when it is selected; none is kept from an earlier one.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'Where the range begins, as rounded.',
      resolve: ({ range }) => range.from,
    }),
    before: t.field({ type: 'DateTime', description: 'Where the range ends, as rounded.', resolve: ({ range }) => range.before }),
    sessions: t.field({
      extensions: COUNTED,
      type: [SessionFigureObject],
      description:
        'The sessions that were started in the range by hour or day, currency and status, in this order. What is zero is left out.',
      resolve: (overview) => overview.sessions(),
    }),
    providers: t.field({
      extensions: COUNTED,
      type: [ProviderFigureObject],
      description: 'What became of the sessions that were started in the range, by provider, the one with most first.',
      resolve: (overview) => overview.providers(),
    }),
    declines: t.field({
      extensions: COUNTED,
      type: [DeclineFigureObject],
      description:
        'Why transactions were declined, most first. These are attempts in sessions and charges of stored methods, by when they were recorded.',
      resolve: (overview) => overview.declines(),
    }),
    timeToCompletion: t.field({
      extensions: COUNTED,
      type: TimeToCompletionObject,
      description: 'How long the completed sessions that were started in the range took.',
      resolve: (overview) => overview.timeToCompletion(),
    }),
    open: t.field({
      extensions: COUNTED,
      type: OpenSessionsObject,
      description: 'The sessions that have not ended, as of now and whatever the range.',
      resolve: (overview) => overview.open(),
    }),
  }),
});

builder.queryField('overview', (t) =>
  t.field({
    type: OverviewObject,
    description: 'The merchant’s sessions in numbers, for dashboards: exact at every moment, and fast over millions of sessions.',
    args: {
      range: t.arg({ type: RangeInputType, required: true, description: 'Which sessions, and by what they are counted.' }),
    },
    resolve: (_root, { range }, context) => readOverview(context.deps, requireMerchant(context), toRange(range)),
  }),
);

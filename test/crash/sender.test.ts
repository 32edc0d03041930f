import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { SEND_STEPS, type SendStep } from '../../src/merchant-webhooks/sender.ts';
import { type Child, startChild } from '../support/child.ts';
import type { Data } from '../support/gateway.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

/**
 * For every step of sending and every way in which a receiver behaves: the process is killed there, and another one goes on. No event
 * is lost, those of a session come in their order, and one that comes twice has the same `webhook-id`.
 */
let place: DatabasePlace;
let child: Child;
/** Has loaded its code while another one works, and opens the database when told. */
let spare: Child;
let receiver: Receiver;
/** What the receiver took with a status from 200 to 299, in the order in which it did. */
let taken: string[];
/** Of the clock of the next process; time never goes back. */
let aheadMs = 0;

const scope = { merchantId: randomUUID(), environment: 'TEST' } as const;

beforeAll(async () => {
  place = await copyTemplate();
  spare = load();
  await boot();
});
afterAll(async () => {
  await Promise.all([child.kill(), spare.kill()]);
  await place.remove();
});
beforeEach(async () => {
  receiver = await openReceiver();
  taken = [];
  take();
});
afterEach(() => receiver.close());

function load(): Child {
  return startChild(new URL('./sender-child.ts', import.meta.url), [place.databaseUrl ?? '', place.dataDir]);
}

async function tell(command: Record<string, unknown>): Promise<Data> {
  child.process.stdin?.write(`${JSON.stringify({ ...command, scope, aheadMs })}\n`);
  const line = await child.nextLine();
  if (line === null) throw new Error(`The sender died. ${child.errors()}`);
  return JSON.parse(line);
}

async function boot(): Promise<void> {
  child = spare;
  expect(await tell({})).toBe('ready');
  spare = load();
}

function take(status = 200): void {
  receiver.respond(({ id }, response) => {
    if (status < 300) taken.push(id);
    response.writeHead(status).end();
  });
}

const BEHAVIOURS: Readonly<Record<string, () => void>> = {
  'responds with 200': () => take(),
  'responds with 500': () => take(500),
  'responds with 410': () => take(410),
  'responds with 429': () => receiver.respond((_message, response) => void response.writeHead(429, { 'retry-after': '6' }).end()),
  'never responds': () => receiver.respond(() => {}),
  'resets the connection': () => receiver.respond((_message, response) => void response.socket?.resetAndDestroy()),
  'sends one byte at a time': () => receiver.respond((_message, response) => trickle(response)),
};

function trickle(response: ServerResponse): void {
  response.socket?.write('HTTP/1.1 200 OK\r\nx-slow: ');
  const timer = setInterval(() => response.socket?.write('x'), 100);
  response.on('close', () => clearInterval(timer));
}

/** A start of the embedded database takes seconds: there, each step and each behaviour is met once. */
const isMet = (step: SendStep, behaviour: string): boolean => {
  const place = Object.keys(BEHAVIOURS).indexOf(behaviour);
  return testServerUrl() !== null || SEND_STEPS.indexOf(step) === place % SEND_STEPS.length;
};

const CASES = SEND_STEPS.flatMap((step) => Object.keys(BEHAVIOURS).map((behaviour) => ({ step, behaviour })));

describe('webhooks of a process that is killed', () => {
  test.each(CASES.filter(({ step, behaviour }) => isMet(step, behaviour)))(
    'when one was $step, to a receiver that $behaviour, are all delivered in order',
    async ({ step, behaviour }) => {
      const endpointId = await tell({ connect: receiver.url });
      const sessions: string[][] = [await tell({ append: true }), await tell({ append: true })];
      BEHAVIOURS[behaviour]?.();
      await tell({ arm: step });
      await expect(tell({ work: true })).rejects.toThrow('The sender died.');
      take();
      await boot();
      await tell({ enable: endpointId });
      // Its lease and the pauses of its failures are over.
      for (const laterMs of [2 * MINUTE_MS, DAY_MS]) {
        aheadMs += laterMs;
        await tell({ work: true });
      }
      await tell({ remove: endpointId });
      const events = sessions.flat();
      expect(new Set(taken)).toEqual(new Set(events));
      expect(receiver.received.filter(({ id }) => !events.includes(id))).toEqual([]);
      for (const ids of sessions) {
        const places = taken.filter((id) => ids.includes(id)).map((id) => ids.indexOf(id));
        expect(places).toEqual([...places].sort());
      }
    },
  );
});

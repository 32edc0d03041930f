import { type Command, Option } from 'commander';
import { DELIVERY_STATUSES, ENDPOINTS_MAX, ORDERINGS, SCHEMES } from '../merchant-webhooks/endpoint.ts';
import { OVERLAP_HOURS } from '../merchant-webhooks/manage-endpoints.ts';
import { environmentOption, on, type Session, wholeNumber } from './run-anywhere.ts';

/** `tollgate webhooks …`: the endpoints of a merchant, and what was sent to them. */
export function addWebhooks(program: Command, session: Session): void {
  const group = program.command('webhooks').description('Where a merchant is told of events, and what was sent there.');
  addEndpoints(group, session);
  addSwitches(group, session);
  addDeliveries(group, session);
}

function addEndpoints(group: Command, session: Session): void {
  const list = group.command('list <merchant>').description('List endpoints with their health, oldest first.');
  on(list.addOption(environmentOption()), session, ([merchant], { environment }) => ({
    name: 'webhooks list',
    input: { merchant, environment },
  }));
  const create = group
    .command('create <merchant> <url>')
    .description(`Create an endpoint and show its secret, this once. There can be ${ENDPOINTS_MAX} on a side.`)
    .addOption(environmentOption())
    .option('--description <text>', 'what it is for')
    .option('--event <type...>', 'types of events that it is told of, such as session.completed (all when left out)')
    .addOption(orderOption().default('PER_SESSION'))
    .addOption(schemeOption().default('HMAC_SHA256'));
  on(create, session, ([merchant, url], { environment, description, event, order, scheme }) => ({
    name: 'webhooks create',
    input: { merchant, environment, url, description: description ?? null, eventTypes: event ?? [], ordering: order, scheme },
  }));
  const update = group
    .command('update <merchant> <endpointId>')
    .description('Change an endpoint. What is not given stays.')
    .addOption(environmentOption())
    .option('--url <url>', 'where messages go from now on, also those that wait')
    .option('--description <text>', 'what it is for; empty to remove it')
    .option('--event <type...>', 'types of events that it is told of from now on')
    .option('--all-events', 'tell it of every type from now on')
    .addOption(orderOption());
  on(update, session, ([merchant, endpointId], { environment, url, description, event, allEvents, order }) => {
    if (event !== undefined && allEvents !== undefined) update.error('Say either --event or --all-events.');
    const eventTypes = allEvents === undefined ? event : [];
    const change = { url, description: description === '' ? null : description, eventTypes, ordering: order };
    return { name: 'webhooks update', input: { merchant, environment, endpointId, update: definedOf(change) } };
  });
  const rotate = group
    .command('rotate <merchant> <endpointId>')
    .description('Give an endpoint a new secret and show it, this once. The old one signs as well for a time.')
    .addOption(environmentOption())
    .addOption(schemeOption())
    .option('--overlap-hours <number>', 'how long the old secret signs as well', wholeNumber, OVERLAP_HOURS.default);
  on(rotate, session, ([merchant, endpointId], { environment, scheme, overlapHours }) => ({
    name: 'webhooks rotate',
    input: { merchant, environment, endpointId, scheme: scheme ?? null, overlapHours },
  }));
}

function addSwitches(group: Command, session: Session): void {
  const ofEndpoint = (name: string, description: string): Command =>
    group.command(`${name} <merchant> <endpointId>`).description(description).addOption(environmentOption());
  const enable = ofEndpoint('enable', 'Send to an endpoint again.').option(
    '--send-missed',
    'send what it has missed as well',
    false,
  );
  on(enable, session, ([merchant, endpointId], { environment, sendMissed }) => ({
    name: 'webhooks update',
    input: { merchant, environment, endpointId, update: { isEnabled: true, sendsMissed: sendMissed === true } },
  }));
  on(ofEndpoint('disable', 'Send nothing to an endpoint until it is enabled.'), session, ([merchant, endpointId], options) => ({
    name: 'webhooks update',
    input: { merchant, environment: options['environment'], endpointId, update: { isEnabled: false } },
  }));
  const remove = ofEndpoint('delete', 'Delete an endpoint with everything that was still to be sent to it.');
  on(remove, session, ([merchant, endpointId], { environment }) => ({
    name: 'webhooks delete',
    input: { merchant, environment, endpointId },
  }));
  const test = ofEndpoint('test', 'Send one message of the type webhook.test and show the answer.');
  on(test, session, ([merchant, endpointId], { environment }) => ({
    name: 'webhooks test',
    input: { merchant, environment, endpointId },
  }));
}

function addDeliveries(group: Command, session: Session): void {
  const list = group
    .command('deliveries <merchant>')
    .description('List what was sent and what is still to be sent, newest event first.')
    .addOption(environmentOption())
    .option('--endpoint <id>', 'only those of this endpoint')
    .option('--session <id>', 'only those of events of this session')
    .addOption(new Option('--status <status>', 'only those with this status').choices(DELIVERY_STATUSES))
    .option('--limit <number>', 'how many, 1 to 100', wholeNumber, 20);
  on(list, session, ([merchant], { environment, endpoint, session: sessionId, status, limit }) => ({
    name: 'webhooks deliveries',
    input: { merchant, environment, endpointId: endpoint, sessionId, status, limit },
  }));
  const replay = group
    .command('replay <merchant>')
    .description('Send deliveries again under their ids: one, all that failed at an endpoint, or all of a time.')
    .addOption(environmentOption())
    .option('--delivery <id>', 'this one')
    .option('--endpoint <id>', 'all that failed at this endpoint')
    .option('--from <time>', 'with --endpoint: everything that happened at this time or later, such as 2026-11-27T08:00:00Z')
    .option('--to <time>', 'with --from: and before this time');
  on(replay, session, ([merchant], { environment, delivery, endpoint, from, to }) => ({
    name: 'webhooks replay',
    input: { merchant, environment, deliveryId: delivery, endpointId: endpoint, from, to },
  }));
}

function orderOption(): Option {
  return new Option('--order <order>', 'whether events of one session wait for each other').choices(ORDERINGS);
}

function schemeOption(): Option {
  return new Option('--scheme <scheme>', 'how messages are signed: by a shared secret, or by a key pair').choices(SCHEMES);
}

function definedOf<T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined));
}

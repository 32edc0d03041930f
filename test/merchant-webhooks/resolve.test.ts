import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResolve } from '../../src/merchant-webhooks/resolve.ts';

const IPV4 = 1;
const IPV6 = 28;
const NOT_FOUND = 3;

/** What the server knows, by name and type of record; `silent` for what it never answers. */
const RECORDS: Readonly<Record<string, readonly Buffer[] | 'silent'>> = {
  [`both.example ${IPV4}`]: [Buffer.from([93, 184, 216, 34]), Buffer.from([10, 0, 0, 1])],
  [`both.example ${IPV6}`]: [Buffer.from('20010db8000000000000000000000001', 'hex')],
  [`old.example ${IPV4}`]: [Buffer.from([93, 184, 216, 35])],
  [`old.example ${IPV6}`]: [],
  [`half.example ${IPV4}`]: [Buffer.from([93, 184, 216, 36])],
  [`half.example ${IPV6}`]: 'silent',
  [`dead.example ${IPV4}`]: 'silent',
  [`dead.example ${IPV6}`]: 'silent',
};

let server: Socket;
let servers: readonly string[];
beforeAll(async () => {
  server = createSocket('udp4').bind(0, '127.0.0.1');
  server.on('message', (query, { port }) => {
    const reply = replyTo(query);
    if (reply !== null) server.send(reply, port, '127.0.0.1');
  });
  await once(server, 'listening');
  servers = [`127.0.0.1:${server.address().port}`];
});
afterAll(() => server.close());

/** A response of RFC 1035: the header, the question as it came, and a record for each address. */
function replyTo(query: Buffer): Buffer | null {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const found = RECORDS[`${labels.join('.').toLowerCase()} ${type}`];
  if (found === 'silent') return null;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(found === undefined ? 0x8180 + NOT_FOUND : 0x8180, 2);
  for (const [index, count] of [1, found?.length ?? 0, 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * index);
  const records = (found ?? []).map((address) => {
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length]);
    return Buffer.concat([record, address]);
  });
  return Buffer.concat([header, query.subarray(12, at + 5), ...records]);
}

describe('a name', () => {
  test('has all of its IPv4 and IPv6 addresses, also those that are not allowed', async () => {
    expect(await createResolve({ servers })('both.example')).toEqual(['93.184.216.34', '10.0.0.1', '2001:db8::1']);
  });

  test.each([
    ['old.example', ['93.184.216.35']],
    ['unknown.example', []],
  ])('%s has the addresses %j', async (name, addresses) => {
    expect(await createResolve({ servers })(name)).toEqual(addresses);
  });

  test('has the addresses that came in time where its name server keeps others back', async () => {
    expect(await createResolve({ servers, limitMs: 300 })('half.example')).toEqual(['93.184.216.36']);
  });

  test('has none, within the limit and without an error, where its name server is silent', async () => {
    expect(await createResolve({ servers, limitMs: 300 })('dead.example')).toEqual([]);
  });
});

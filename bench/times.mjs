// Loaded into both servers by --import for the table of latencies: measures how much of each request is the bank's own time, and
// sends it as a header. The bank's time is that of its statements: outside of a transaction each alone, inside from BEGIN to COMMIT.
import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import pg from 'pg';

const OF_BANK = /\bbank_/;
const BEGIN = /^\s*BEGIN\b/i;
const END = /^\s*(?:COMMIT|ROLLBACK)\b/i;

/** @type {AsyncLocalStorage<{ providerMs: number }>} */
const requests = new AsyncLocalStorage();
const requestOf = Symbol('request');
const transactionOf = Symbol('transaction');
const { emit } = http.Server.prototype;
const { writeHead } = http.ServerResponse.prototype;
const send = pg.Client.prototype.query;

/** @this {http.Server} */
http.Server.prototype.emit = function emitInRequest(event, ...args) {
  if (event !== 'request') return emit.call(this, event, ...args);
  const request = { providerMs: 0 };
  args[1][requestOf] = request;
  return requests.run(request, () => emit.call(this, event, ...args));
};

/** @this {http.ServerResponse} */
http.ServerResponse.prototype.writeHead = function writeHeadWithTime(...args) {
  const request = this[requestOf];
  if (request !== undefined && !this.headersSent) this.setHeader('x-provider-ms', request.providerMs.toFixed(3));
  return writeHead.apply(this, /** @type {never} */ (args));
};

/** @this {pg.Client} */
pg.Client.prototype.query = function query(...args) {
  const [first] = args;
  const text = typeof first === 'string' ? first : (first?.text ?? '');
  const startedAt = performance.now();
  const request = requests.getStore();
  if (BEGIN.test(text)) this[transactionOf] = { startedAt, request, isOfBank: false };
  const transaction = this[transactionOf];
  if (transaction && OF_BANK.test(text)) transaction.isOfBank = true;
  const end = () => count(this, { text, startedAt, request, transaction });
  const last = args.at(-1);
  if (typeof last === 'function') {
    args[args.length - 1] = (...results) => {
      end();
      last(...results);
    };
    return send.apply(this, /** @type {never} */ (args));
  }
  const result = send.apply(this, /** @type {never} */ (args));
  result?.then?.(end, end);
  return result;
};

function count(client, { text, startedAt, request, transaction }) {
  const now = performance.now();
  if (transaction === undefined) {
    if (request !== undefined && OF_BANK.test(text)) request.providerMs += now - startedAt;
    return;
  }
  if (!END.test(text)) return;
  client[transactionOf] = undefined;
  if (transaction.isOfBank && transaction.request !== undefined) transaction.request.providerMs += now - transaction.startedAt;
}

// A shop that fulfils orders from webhooks alone. Start it with these variables, and name http://…:3000/hooks as the endpoint:
//   TOLLGATE_URL, TOLLGATE_SECRET_KEY   the gateway, which the shop asks for events that it missed
//   TOLLGATE_WEBHOOK_SECRET             the secret of the endpoint; two with a comma between while it changes
import { createServer } from 'node:http';
import { Tollgate } from '@tollgate/sdk';
import { createInbox, createMemoryStore, verify, WebhookVerificationError } from '@tollgate/sdk/webhooks';

const { PORT = '3000', TOLLGATE_URL, TOLLGATE_SECRET_KEY, TOLLGATE_WEBHOOK_SECRET = '' } = process.env;
const BODY_BYTES_MAX = 65_536;

// A real shop has two tables here and writes both in one transaction. Here both are lost with the process, and the next
// event of a session brings back all of it.
const orders = new Map();
const inbox = createInbox({
  client: new Tollgate({ url: TOLLGATE_URL, secretKey: TOLLGATE_SECRET_KEY }),
  store: createMemoryStore(),
});

/** Sees each event once, in the order of its session. */
function fulfil({ type, data }) {
  if (data.session === null) return;
  const number = data.session.merchantInternalTransactionCode;
  const order = orders.get(number) ?? { state: 'open', parcels: 0, refunds: 0 };
  orders.set(number, order);
  if (type === 'session.completed') {
    order.state = 'shipped';
    order.parcels += 1;
  } else if (['session.declined', 'session.canceled', 'session.expired', 'session.error'].includes(type)) {
    order.state = 'dropped';
  } else if (type === 'transaction.succeeded' && data.transaction.action === 'REFUND') {
    order.state = 'refunded';
    order.refunds += 1;
  }
}

async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function receive(request) {
  const event = await verify(await readBody(request), request.headers, TOLLGATE_WEBHOOK_SECRET.split(','));
  await inbox.receive(event, fulfil);
}

createServer((request, response) => {
  const answer = (status, text) => response.writeHead(status).end(text);
  if (request.method === 'GET' && request.url === '/orders') answer(200, JSON.stringify(Object.fromEntries(orders)));
  else if (request.method !== 'POST' || request.url !== '/hooks') answer(404);
  else {
    // The gateway sends again after both, and shows the text beside the attempt.
    const refuse = (error) => answer(error instanceof WebhookVerificationError ? 400 : 500, error.message);
    receive(request).then(() => answer(204), refuse);
  }
}).listen(Number(PORT), '127.0.0.1', function () {
  console.log(`The shop listens at http://127.0.0.1:${this.address().port}`);
});

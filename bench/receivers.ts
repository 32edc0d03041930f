import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/**
 * Backends of merchants, in a process of their own, behind the proxy through which the gateway reaches them: to a gateway on a
 * server, this machine is closed. A host `good…` responds at once, `slow…` after five seconds, and `dead…` refuses connections.
 */
const SLOW_MS = 5_000;
/** How long each message took from its event to its arrival, in milliseconds, by host. */
let delaysMs: Record<string, number[]> = {};

const receive: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { timestamp } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { timestamp: string };
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    (delaysMs[host] ??= []).push(Date.now() - Date.parse(timestamp));
    setTimeout(() => response.writeHead(204).end(), host.startsWith('slow') ? SLOW_MS : 0);
  });
};

const receiver = createServer(receive).listen(0, '127.0.0.1', () => {
  const { port } = receiver.address() as AddressInfo;
  const proxy = createServer().on('connect', (request, socket: Socket) => {
    socket.on('error', () => {});
    if (request.url?.startsWith('dead') === true) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
  });
  proxy.listen(0, '127.0.0.1', () => process.send?.({ port: (proxy.address() as AddressInfo).port }));
});

process.on('message', () => {
  process.send?.({ delaysMs });
  delaysMs = {};
});
process.on('disconnect', () => process.exit());

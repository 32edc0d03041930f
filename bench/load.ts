// The load generator, a process of its own: plain sockets, so that it costs little beside the servers it shares the machine with.
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createBodies, type OperationName } from './operations.ts';

export interface LoadJob {
  readonly port: number;
  readonly path: string;
  readonly key: string;
  readonly operation: OperationName;
  readonly paidSessionIds: readonly string[];
  readonly connections: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly medianMs: number;
}

const HEADER_END = Buffer.from('\r\n\r\n');

async function runJob(job: LoadJob): Promise<LoadResult> {
  const nextBody = createBodies(job.operation, job.paidSessionIds);
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + job.durationMs;
  await Promise.all(Array.from({ length: job.connections }, () => runConnection(job, { nextBody, latenciesMs, endsAt })));
  const seconds = (performance.now() - startedAt) / 1_000;
  latenciesMs.sort((left, right) => left - right);
  const medianMs = latenciesMs[Math.floor(latenciesMs.length / 2)] ?? Number.NaN;
  return { requests: latenciesMs.length, perSecond: latenciesMs.length / seconds, medianMs };
}

/** One caller on one kept-alive connection: the next request leaves when the last one is answered. */
async function runConnection(
  job: LoadJob,
  run: { nextBody: () => string; latenciesMs: number[]; endsAt: number },
): Promise<void> {
  const socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true });
  try {
    while (performance.now() < run.endsAt) {
      const sentAt = performance.now();
      const answered = readAnswer(socket);
      socket.write(toRequest(job, run.nextBody()));
      const answer = await answered;
      if (!answer.startsWith('HTTP/1.1 200') || answer.includes('"errors"'))
        throw new Error(`${job.operation} failed: ${answer}`);
      run.latenciesMs.push(performance.now() - sentAt);
    }
  } finally {
    socket.destroy();
  }
}

function toRequest(job: LoadJob, body: string): string {
  return (
    `POST ${job.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n` +
    `Authorization: Bearer ${job.key}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

function readAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (end: () => void) => {
      socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close');
      end();
    };
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('close', () => settle(() => reject(new Error('The server closed the connection.'))));
    socket.on('data', (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (isComplete(bytes)) settle(() => resolve(bytes.toString('latin1')));
    });
  });
}

function isComplete(bytes: Buffer): boolean {
  const headerEnd = bytes.indexOf(HEADER_END);
  if (headerEnd < 0) return false;
  const header = bytes.toString('latin1', 0, headerEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(header)?.[1];
  if (length === undefined) return bytes.subarray(-5).equals(Buffer.from('0\r\n\r\n'));
  return bytes.length >= headerEnd + HEADER_END.length + Number(length);
}

process.on('message', (job: LoadJob) => {
  runJob(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: String(error).slice(0, 2_000) }),
  );
});
process.on('disconnect', () => process.exit());

// Takes the folder given as argument, says how that went, and holds it until its input ends.
import { once } from 'node:events';
import { takeOwnership } from '../../src/database/owner.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  const ownership = await takeOwnership(dataDir);
  ownership.answerCommands(({ input }) => Promise.resolve({ pid: process.pid, input }));
  process.stdout.write('owner\n');
  process.stdin.resume();
  await once(process.stdin, 'end');
  await ownership.release();
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}

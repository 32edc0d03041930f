import { fdatasyncSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { withWholeScripts } from './script.ts';

/** `fsync` keeps every commit through a power cut; `relaxed` keeps it through the death of the process only (tests). */
export type Durability = 'fsync' | 'relaxed';

/** Opens the PostgreSQL in the folder, creating it (some seconds) when the folder is empty. Only its owner may do this. */
export async function openEmbedded(folder: string, durability: Durability): Promise<PGlite> {
  if (durability === 'relaxed') return PGlite.create(folder);
  // PGlite starts with -F, which turns fsync off. Without it, and with `fsync` as the way to flush the log, the server calls
  // the file system's fsync. Its default, fdatasync, is compiled to nothing.
  const startParams = [...PGlite.defaultStartParams.filter((param) => param !== '-F'), '-c', 'wal_sync_method=fsync'];
  return PGlite.create({ fs: new DurableFs(folder), startParams });
}

interface EmscriptenModule {
  NODEFS: { stream_ops: { fsync?: (stream: { nfd?: number }) => number } };
}

/** PGlite's folder on disk, with the fsync that its file system leaves out. */
class DurableFs extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const addFsync = (module: unknown): void => {
      (module as EmscriptenModule).NODEFS.stream_ops.fsync = ({ nfd }) => {
        if (nfd !== undefined) fdatasyncSync(nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } };
  }
}

/** Prisma's door to PGlite. A shadow database, which only the drawing up of migrations needs, is a second one in memory. */
export function embeddedAdapter(pglite: PGlite): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = new PrismaPGlite(pglite);
  const connectTo = async (target: PGlite): Promise<SqlDriverAdapter> => {
    const adapter: unknown = await new PrismaPGlite(target).connect();
    return withWholeScripts(adapter as SqlDriverAdapter, (script) => target.exec(script));
  };
  return {
    provider,
    adapterName,
    connect: () => connectTo(pglite),
    connectToShadowDb: async () => connectTo(await PGlite.create()),
  };
}

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { waitUntil } from '../scripts/processes.mjs';
import { startRedis } from '../scripts/redis-server.mjs';
import { testCluster } from './cluster.ts';
import { emptied } from './emptied.ts';
import { removeFolder } from './folder.ts';
import { writeOut } from './written.ts';

export interface TestRedis {
  /** Stays the same over `kill9` and `restart`. */
  readonly url: string;
  readonly port: number;
  /** Holds `appendonlydir/`, for tests that cut or wipe it while the server is down. */
  readonly dir: string;
  /** A connection beside the engine's: to the partition's master, or to whichever has the key. */
  connect(partition?: number): Promise<Redis>;
  /**
   * Ends the server in the middle of whatever it does, as a crash would, when what it had acknowledged is
   * in its file. Returns when it is gone.
   */
  kill9(): Promise<void>;
  /** Starts it again on what its directory holds, after `kill9` or, politely, while it runs. */
  restart(): Promise<void>;
  /** Takes all data and scripts away while it runs. */
  wipe(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** Tests that damage the files of the one Redis, or fill it, are skipped on a cluster. */
export const isCluster = process.env.RINGFENCE_TEST_REDIS === 'cluster';

/**
 * A Redis process of the caller's own: append-only file fsynced each second, noeviction, 256 MB. Call it in
 * `beforeAll`, and `stop()` in `afterAll`. With RINGFENCE_TEST_REDIS=cluster it is a six-node cluster.
 * @param settings further command line settings, such as `['--appendfsync', 'always']`
 */
export async function testRedis(settings: readonly string[] = []): Promise<TestRedis> {
  if (isCluster) return testCluster(settings);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-redis-'));
  const start = (port?: number) =>
    startRedis({ dir, port, maxmemory: '256mb', settings: [...settings] });
  let server = await start();
  const { url, port } = server;
  const gone = () => server.child.exitCode !== null || server.child.signalCode !== null;
  return {
    url,
    port,
    dir,
    async connect() {
      const redis = new Redis(url, { maxRetriesPerRequest: 0 });
      redis.on('error', () => undefined);
      return redis;
    },
    async kill9() {
      await writeOut(url);
      server.child.kill('SIGKILL');
      if (!(await waitUntil(gone, 60_000, 2))) throw new Error('redis survived kill -9');
    },
    async restart() {
      await server.stop();
      server = await start(port);
      if (server.port !== port) throw new Error(`port ${port} was taken during the restart`);
    },
    async wipe() {
      const redis = new Redis(url);
      await emptied(redis);
      redis.disconnect();
    },
    async stop() {
      await server.stop();
      removeFolder(dir);
    },
  };
}

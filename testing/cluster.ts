import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { slotOf } from '../engine/nodes/slot.ts';
import { type RunningCluster, startCluster } from '../scripts/redis-cluster.mjs';
import { handOver } from '../scripts/redis-handover.mjs';
import type { RedisNode } from '../scripts/redis-node.mjs';
import { slotMover } from '../scripts/redis-slots.mjs';
import { emptied } from './emptied.ts';
import { removeFolder } from './folder.ts';
import type { TestRedis } from './redis.ts';
import { writeOut } from './written.ts';

export interface TestCluster extends TestRedis {
  readonly cluster: RunningCluster;
  /** The node that serves the partition now. */
  masterOf(partition: number): Promise<RedisNode>;
  /** Makes a replica of the partition's master the master; nothing is lost by it. */
  handOver(partition: number): Promise<void>;
  /** Begins to move a partition to another master, these keys first. @returns how to end it */
  beginMove(partition: number, keys: readonly string[]): Promise<() => Promise<void>>;
}

/** A master that the machine holds up for a moment is not dead: nobody may take its place unasked. */
const SILENT_MS = 4_000;

/**
 * A cluster of the caller's own: three masters with a replica each. Call it in `beforeAll`, and `stop()` in
 * `afterAll`. As a `TestRedis` its `kill9` and `restart` are those of partition 0's master.
 */
export async function testCluster(settings: readonly string[] = []): Promise<TestCluster> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-cluster-'));
  const cluster = await startCluster({
    dir,
    nodeTimeoutMs: SILENT_MS,
    settings: [...settings],
  });
  const masterOf = (partition: number) => cluster.masterOf(slotOf(partition));
  let killed = await masterOf(0);
  return {
    cluster,
    masterOf,
    handOver: (partition) => handOver(cluster, slotOf(partition)),
    async beginMove(partition, keys) {
      const slot = slotOf(partition);
      const from = await masterOf(partition);
      const [to, ...others] = (await mastersOf(cluster)).filter((node) => node !== from);
      if (to === undefined) throw new Error('there is no other master');
      const mover = await slotMover(from, to, others);
      await mover.begin(slot);
      await mover.moveKeys(keys);
      return async () => {
        await mover.finish(slot);
        mover.stop();
      };
    },
    url: cluster.url,
    port: killed.port,
    dir,
    async connect(partition) {
      if (partition === undefined) return routed(cluster);
      const redis = new Redis((await masterOf(partition)).url, { maxRetriesPerRequest: 0 });
      redis.on('error', () => undefined);
      return redis;
    },
    async kill9() {
      killed = await masterOf(0);
      await writeOut(killed.url);
      await killed.kill9();
    },
    async restart() {
      await killed.stop();
      await killed.start();
      await cluster.ready();
    },
    async wipe() {
      await Promise.all(cluster.nodes.map((node) => node.ask(emptiedMaster)));
    },
    async stop() {
      await cluster.stop();
      removeFolder(dir);
    },
  };
}

/** A client that finds each key's master by itself; for commands on one key it is like any other. */
function routed({ nodes }: RunningCluster): Redis {
  const client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
  client.on('error', () => undefined);
  return client as unknown as Redis;
}

async function mastersOf({ nodes }: RunningCluster): Promise<RedisNode[]> {
  const roles = await Promise.all(nodes.map((node) => node.ask((redis) => redis.role())));
  return nodes.filter((_, n) => roles[n]?.[0] === 'master');
}

async function emptiedMaster(redis: Redis): Promise<void> {
  const [role] = await redis.role();
  if (role === 'master') await emptied(redis);
}

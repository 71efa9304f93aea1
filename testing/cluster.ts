import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { slotOf } from '../engine/nodes/slot.ts';
import { type ClusterNode, type RunningCluster, startCluster } from '../scripts/redis-cluster.mjs';
import type { TestRedis } from './redis.ts';

export interface TestCluster extends TestRedis {
  readonly cluster: RunningCluster;
  /** The node that serves the partition now. */
  masterOf(partition: number): Promise<ClusterNode>;
}

/**
 * A cluster of the caller's own: three masters with a replica each. Call it in `beforeAll`, and `stop()` in
 * `afterAll`. As a `TestRedis` its `kill9` and `restart` are those of partition 0's master.
 */
export async function testCluster(settings: readonly string[] = []): Promise<TestCluster> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-cluster-'));
  const cluster = await startCluster({ dir, settings: [...settings] });
  const masterOf = (partition: number) => cluster.masterOf(slotOf(partition));
  let killed = await masterOf(0);
  return {
    cluster,
    masterOf,
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
      await killed.kill9();
    },
    async restart() {
      await killed.stop();
      await killed.start();
      await cluster.ready();
    },
    async wipe() {
      await Promise.all(cluster.nodes.map((node) => node.ask(emptied)));
    },
    async stop() {
      await cluster.stop();
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A client that finds each key's master by itself; for commands on one key it is like any other. */
function routed({ nodes }: RunningCluster): Redis {
  const client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
  client.on('error', () => undefined);
  return client as unknown as Redis;
}

async function emptied(redis: Redis): Promise<void> {
  const [role] = await redis.role();
  if (role !== 'master') return;
  await redis.flushall();
  await redis.script('FLUSH');
}

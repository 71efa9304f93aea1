/** Maps of nodes against real Sentinels and a real cluster. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type TestCluster,
  type TestSentinels,
  testCluster,
  testSentinels,
} from '../../testing/services.ts';
import { createConnection } from '../connection.ts';
import type { Nodes } from './nodes.ts';
import { openNodes } from './open-nodes.ts';

const LIMIT_MS = 180_000;
/** Longer than a map waits before it asks again. */
const GAP_MS = 40;

let sentinels: TestSentinels;
let cluster: TestCluster;
beforeAll(async () => {
  [sentinels, cluster] = await Promise.all([testSentinels(), testCluster()]);
}, LIMIT_MS);
afterAll(async () => {
  await Promise.all([sentinels.stop(), cluster.stop()]);
}, LIMIT_MS);

interface Known {
  readonly url: string;
  readonly redis: Redis;
}

/** As the engine does: whoever loses a connection looks again who serves what. */
async function opened(url: string) {
  let nodes: Nodes<Known> | undefined;
  const made: Known[] = [];
  nodes = await openNodes<Known>(url, {
    open(at) {
      const node = { url: at, redis: createConnection(at) };
      node.redis.on('close', () => void nodes?.refresh());
      node.redis.connect().catch(() => undefined);
      made.push(node);
      return node;
    },
    close: ({ redis }) => redis.disconnect(),
  });
  return { nodes, made };
}

async function clientsOf(url: string): Promise<number> {
  const redis = createConnection(url, 'recovery');
  await redis.connect();
  const list = String(await redis.call('CLIENT', 'LIST'));
  redis.disconnect();
  return list.split('\n').filter((line) => line.includes('name=ringfence-')).length - 1;
}

test(
  'a map of Sentinels that is stopped asks nobody any more and leaves no connection',
  async () => {
    const { nodes, made } = await opened(sentinels.url);
    const first = `redis://${/\/\/([^,]+),/.exec(sentinels.url)?.[1]}`;
    await expect.poll(() => clientsOf(first), { timeout: LIMIT_MS }).toBe(1);
    const since = performance.now();
    await vi.waitUntil(() => performance.now() - since > GAP_MS);
    const underWay = nodes.refresh();
    nodes.stop();
    await underWay;
    await vi.waitUntil(() => performance.now() - since > 3 * GAP_MS);
    await nodes.refresh();
    await expect.poll(() => clientsOf(first), { timeout: 60_000 }).toBe(0);
    expect(made).toHaveLength(1);
  },
  LIMIT_MS,
);

test(
  'a map of a cluster that is stopped asks nobody any more',
  async () => {
    const { nodes, made } = await opened(cluster.url);
    expect(made).toHaveLength(3);
    await expect.poll(() => made.every(({ redis }) => redis.status === 'ready')).toBe(true);
    nodes.stop();
    const since = performance.now();
    await vi.waitUntil(() => performance.now() - since > GAP_MS);
    const asked = vi.spyOn(made[0]?.redis ?? ({} as Redis), 'call');
    await nodes.refresh();
    expect(asked).not.toHaveBeenCalled();
    expect(made).toHaveLength(3);
  },
  LIMIT_MS,
);

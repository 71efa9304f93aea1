// The masters of a Redis Cluster, found by asking CLUSTER NODES of every master that is known, and of
// any other address that was ever heard of when none of them answers. A command is never redirected:
// MOVED and ASK are an outage for whoever sent it, and the reason to look again.

import { createConnection, urlBeside } from '../connection.ts';
import { OutageError, RequestError } from '../errors.ts';
import { addressesOf, type ClusterView, migratingSlots, ownersOf } from './cluster-view.ts';
import type { Member, NodeDoor, Nodes } from './nodes.ts';
import { slotOf } from './slot.ts';
import { within } from './within.ts';

const ASK_MS = 1_000;
/** However many operations meet a slot that moved, the cluster is not asked more often than this. */
const LOOK_GAP_MS = 20;

/** @param address `[user:password@]host:port,host:port`; @throws OutageError when nobody answers */
export async function openCluster<N extends Member>(
  address: string,
  door: NodeDoor<N>,
): Promise<Nodes<N>> {
  const { urlOf, seeds } = addressBook(address);
  const nodes = new Map<string, N>();
  const slots: number[] = [];
  let heardOf: readonly string[] = seeds;
  let owners: readonly (N | undefined)[] = [];
  let moving: ReadonlySet<number> = new Set();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let stopped = false;

  function nodeAt(at: string): N {
    const known = nodes.get(at);
    if (known) return known;
    const node = door.open(urlOf(at));
    nodes.set(at, node);
    return node;
  }

  async function look(): Promise<void> {
    lookedAt = performance.now();
    let views = await viewsOfNodes(nodes);
    if (views.length === 0) views = await firstView(heardOf, urlOf);
    if (stopped) return;
    const found = ownersOf(views);
    heardOf = [...new Set([...addressesOf(views), ...seeds])];
    owners = found.map((at) => (at === undefined ? undefined : nodeAt(at)));
    moving = new Set(views.flatMap(({ text }) => [...migratingSlots(text)]));
    const serving = new Set(found);
    for (const [at, node] of nodes) {
      if (serving.has(at)) continue;
      nodes.delete(at);
      door.close(node);
    }
    door.changed?.();
  }

  function refresh(): Promise<void> {
    // The connections that a stop ends ask for a look, which would open new ones.
    if (stopped) return Promise.resolve();
    if (looking === undefined && performance.now() - lookedAt < LOOK_GAP_MS) {
      return Promise.resolve();
    }
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  function slotFor(partition: number): number {
    let slot = slots[partition];
    if (slot === undefined) {
      slot = slotOf(partition);
      slots[partition] = slot;
    }
    return slot;
  }

  function find(partition: number): N | undefined {
    return owners[slotFor(partition)];
  }

  await look();
  return {
    find,
    of(partition) {
      const node = find(partition);
      if (node === undefined) throw new OutageError('recovering');
      return node;
    },
    all: () => [...nodes.values()],
    moving: (partition) => moving.has(slotFor(partition)),
    spans: false,
    refresh,
    stop() {
      stopped = true;
      for (const node of nodes.values()) door.close(node);
    },
  };
}

/** The seeds, and the URL of any node: all of them take the same password. */
function addressBook(address: string): { seeds: string[]; urlOf: (at: string) => string } {
  const [, auth = '', hosts = ''] = /^(.*@)?([^@/]+)\/?$/.exec(address) ?? [];
  const seeds = hosts.split(',').filter((seed) => /^.+:\d+$/.test(seed));
  if (seeds.length === 0) {
    throw new RequestError(
      'invalid_request',
      'A cluster URL reads redis+cluster://host:port,host:port',
      { param: 'REDIS_URL' },
    );
  }
  return { seeds, urlOf: (at) => urlBeside(`redis://${auth}`, at) };
}

async function viewsOfNodes(nodes: ReadonlyMap<string, Member>): Promise<ClusterView[]> {
  const asked = await Promise.allSettled(
    [...nodes].map(async ([at, { redis }]) => {
      const text = await within(redis.call('CLUSTER', 'NODES'), ASK_MS);
      return { askedAt: at, text: String(text) };
    }),
  );
  return asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

async function firstView(
  addresses: readonly string[],
  urlOf: (at: string) => string,
): Promise<ClusterView[]> {
  let cause: unknown;
  for (const at of addresses) {
    const redis = createConnection(urlOf(at), 'recovery');
    try {
      await within(redis.connect(), ASK_MS);
      const text = await within(redis.call('CLUSTER', 'NODES'), ASK_MS);
      return [{ askedAt: at, text: String(text) }];
    } catch (error) {
      cause = error;
    } finally {
      redis.disconnect();
    }
  }
  throw new OutageError('redis_unreachable', { cause });
}

// The one master that Sentinels name, found by asking every one of them, again and again. While they change
// their minds some still name the old master: the answer with the highest configuration epoch wins, as
// among the Sentinels themselves. All connections of a node go to one address, so that what was compared
// with the ledger is what is then used; a client that asked the Sentinels for each connection could compare
// one master and use another.

import type { Redis } from 'ioredis';
import { createConnection, urlBeside } from '../connection.ts';
import { OutageError, RequestError } from '../errors.ts';
import type { Member, NodeDoor, Nodes } from './nodes.ts';
import { within } from './within.ts';

export const ASK_MS = 1_000;
const LOOK_GAP_MS = 20;

/** What one Sentinel says. */
interface Claim {
  /** `host:port` */
  readonly address: string;
  readonly epoch: number;
}

/**
 * @param address `[user:password@]host:port,host:port/master-name[/db]`
 * @param askMs how long one Sentinel is waited for
 * @throws RequestError on another form; OutageError when no Sentinel names a master
 */
export async function openSentinels<N extends Member>(
  address: string,
  door: NodeDoor<N>,
  askMs = ASK_MS,
): Promise<Nodes<N>> {
  const { seeds, name, urlOf } = addressBook(address);
  const sentinels = seeds.map((seed) => createSentinel(seed, askMs));
  let master: { readonly at: string; readonly node: N } | undefined;
  let epoch = -1;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    lookedAt = performance.now();
    const asked = await Promise.all(sentinels.map((sentinel) => sentinel.claim(name)));
    if (stopped) return;
    const claims = asked.filter((claim) => claim !== undefined);
    const [newest, ...others] = claims.sort((a, b) => b.epoch - a.epoch);
    if (newest === undefined) throw new OutageError('redis_unreachable');
    // Those who knew better may be away now; but if all say so, they were set up anew.
    const isUnanimous =
      claims.length === sentinels.length &&
      others.every(({ address }) => address === newest.address);
    if (newest.epoch < epoch && !isUnanimous) return;
    epoch = newest.epoch;
    const old = master;
    if (newest.address === old?.at) return;
    master = { at: newest.address, node: door.open(urlOf(newest.address)) };
    if (old) door.close(old.node);
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

  const stopAsking = () => {
    for (const sentinel of sentinels) sentinel.stop();
  };
  await look().catch((error) => {
    stopAsking();
    throw error;
  });
  return {
    find: () => master?.node,
    of() {
      if (master === undefined) throw new OutageError('recovering');
      return master.node;
    },
    all: () => (master ? [master.node] : []),
    moving: () => false,
    spans: true,
    refresh,
    stop() {
      stopped = true;
      stopAsking();
      if (master) door.close(master.node);
    },
  };
}

/** A connection to one Sentinel, made anew whenever it is gone. */
function createSentinel(address: string, askMs: number) {
  let redis: Redis | undefined;
  async function connected(): Promise<Redis> {
    if (redis?.status === 'ready') return redis;
    redis?.disconnect();
    redis = createConnection(`redis://${address}`, 'recovery');
    await within(redis.connect(), askMs);
    return redis;
  }
  return {
    /** Undefined when it does not answer, or does not know the master. */
    async claim(name: string): Promise<Claim | undefined> {
      try {
        const sentinel = await connected();
        // The epoch first: what changes in between then makes the claim older than it is, never newer.
        const about = sentinel.call('SENTINEL', 'MASTER', name);
        const place = sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
        const [fields, at] = await within(Promise.all([about, place]), askMs);
        return claimIn(fields, at);
      } catch {
        return undefined;
      }
    },
    stop: () => redis?.disconnect(),
  };
}

/**
 * @param fields a flat list of names and values. Its own address is the old one until every replica has
 *   been told of the new, long after the epoch has changed.
 * @param at host and port
 */
function claimIn(fields: unknown, at: unknown): Claim | undefined {
  if (!Array.isArray(fields) || !Array.isArray(at)) return undefined;
  const epoch = Number(fields[fields.indexOf('config-epoch') + 1]);
  const [host, port] = at.map(String);
  if (!host || !(Number(port) > 0) || !Number.isSafeInteger(epoch)) return undefined;
  return { address: `${host}:${port}`, epoch };
}

function addressBook(address: string) {
  const [, auth = '', hosts = '', name = '', db] =
    /^(?:(.*@))?([^@/]+)\/([^/?]+)(?:\/(\d+))?$/.exec(address) ?? [];
  const seeds = hosts
    .split(',')
    .filter((seed) => seed !== '')
    .map((seed) => (/:\d+$/.test(seed) ? seed : `${seed}:26379`));
  if (seeds.length === 0 || name === '') {
    throw new RequestError(
      'invalid_request',
      'A Sentinel URL reads redis+sentinel://host:port,host:port/master-name',
      { param: 'REDIS_URL' },
    );
  }
  const end = db === undefined ? '' : `/${db}`;
  const urlOf = (at: string) => `${urlBeside(`redis://${auth}`, at)}${end}`;
  return { seeds, name, urlOf };
}

// Looks at every master again and again: who serves what, whether it is still the master that was
// recovered, and that no replica keeps scripts.
//
// A replica that was a master before keeps its scripts when it is demoted and synced again. Promoted once
// more it would take operations before anybody compared it with the ledger, so its scripts are taken
// away while it is a replica. A failover that nobody asked for takes longer than the pause here.

import type { Redis } from 'ioredis';
import { createConnection, urlBeside } from '../connection.ts';
import { fenceScript } from '../generated/index.ts';
import { infoFields } from '../safety.ts';
import type { Node } from './node.ts';
import type { Nodes } from './nodes.ts';
import { within } from './within.ts';

const EVERY_MS = 500;
const ANSWER_MS = 1_000;

/** @returns how to stop it */
export function startWatch(nodes: Nodes<Node>): () => void {
  const replicas = new Map<string, Redis>();
  let looking = false;

  async function lookOnce(): Promise<void> {
    await nodes.refresh();
    const looked = await Promise.all(nodes.all().map(lookAt));
    const seen = new Set(looked.flat());
    for (const [address, redis] of replicas) {
      if (seen.has(address)) continue;
      redis.disconnect();
      replicas.delete(address);
    }
  }

  /** @returns the addresses of its replicas */
  async function lookAt(node: Node): Promise<string[]> {
    if (node.redis.status !== 'ready') return [];
    try {
      const fields = infoFields(await within(node.redis.info('replication'), ANSWER_MS));
      node.answering = true;
      node.gate.compare(fields.get('master_replid'), fields.get('role'));
      const addresses = replicasIn(fields);
      await Promise.all(addresses.map((address) => forget(replicaAt(address, node.url))));
      return addresses;
    } catch {
      node.answering = false;
      return [];
    }
  }

  function replicaAt(address: string, masterUrl: string): Redis {
    const known = replicas.get(address);
    if (known && known.status !== 'end') return known;
    const redis = createConnection(urlBeside(masterUrl, address), 'recovery');
    redis.connect().catch(() => undefined);
    replicas.set(address, redis);
    return redis;
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void lookOnce().finally(() => {
      looking = false;
    });
  }, EVERY_MS);
  timer.unref();

  return () => {
    clearInterval(timer);
    for (const redis of replicas.values()) redis.disconnect();
  };
}

/** `slave0:ip=10.0.0.2,port=6379,state=online,...` */
function replicasIn(fields: ReadonlyMap<string, string>): string[] {
  return [...fields].flatMap(([name, value]) => {
    if (!/^slave\d+$/.test(name)) return [];
    const [, host, port] = /\bip=([^,]+),port=(\d+)/.exec(value) ?? [];
    return host && port ? [`${host}:${port}`] : [];
  });
}

/** Takes a replica's scripts away. One that was promoted a moment ago is no replica any more. */
async function forget(replica: Redis): Promise<void> {
  if (replica.status !== 'ready') return;
  try {
    const [role] = (await within(replica.role(), ANSWER_MS)) as [string];
    if (role !== 'slave') return;
    const [loaded] = (await within(replica.script('EXISTS', fenceScript.sha), ANSWER_MS)) as [
      number,
    ];
    if (loaded === 1) await within(replica.script('FLUSH', 'SYNC'), ANSWER_MS);
  } catch {
    // Asked again at the next look.
  }
}

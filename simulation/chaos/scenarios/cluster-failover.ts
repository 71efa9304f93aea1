/**
 * A master of a six-node cluster dies or hands over under load, there and back again. The other masters
 * go on; nobody may be served by the new one before it was compared with the ledger.
 */
import { slotOf } from '../../../engine/index.ts';
import { NODE_TIMEOUT_MS } from '../../../scripts/redis-cluster.mjs';
import { handOver, replicaInSync } from '../../../scripts/redis-handover.mjs';
import type { RedisNode } from '../../../scripts/redis-node.mjs';
import { servedAt, silenceMs } from '../accounts/service.ts';
import type { Tenant } from '../load/errands.ts';
import { REPLICA_WINDOW_MS, type Scenario, type Witness } from '../scenario.ts';
import type { ClusterStage } from '../stage.ts';

type Cluster = ClusterStage['servers']['cluster'];

interface Fall {
  readonly label: string;
  /** How far a replica may have been behind. A planned change waits until it is not. */
  readonly windowMs: number;
  strike(cluster: Cluster, slot: number): Promise<Struck>;
}

/** Moments, epoch ms. */
interface Struck {
  /** It was killed, or asked to hand over. */
  readonly atMs: number;
  /** Another one was the master. */
  readonly promotedAtMs: number;
}

const FALLS: readonly Fall[] = [
  { label: 'killed -9', windowMs: REPLICA_WINDOW_MS, strike: killed },
  { label: 'handed back', windowMs: 0, strike: handedOver },
  {
    label: 'there and back',
    windowMs: 0,
    async strike(cluster, slot) {
      await handedOver(cluster, slot);
      return handedOver(cluster, slot);
    },
  },
  {
    // The master of before was demoted with its scripts, and is the master again without a restart.
    label: 'over, then killed',
    windowMs: REPLICA_WINDOW_MS,
    async strike(cluster, slot) {
      await handedOver(cluster, slot);
      await replicaInSync(cluster, await cluster.masterOf(slot));
      return killed(cluster, slot);
    },
  },
];

export const clusterFailover: Scenario<ClusterStage> = {
  name: 'cluster-failover',
  summary: 'a master of a six-node cluster killed -9 or replaced, there and back; the others go on',
  cycles: 8,
  seconds: 1,
  lasts: false,
  strike({ servers: { cluster } }, n) {
    const { label, windowMs, strike } = FALLS[n % FALLS.length] as Fall;
    return {
      label,
      windowMs,
      recovers: true,
      async blow({ figures, tenants }) {
        const slot = slotOf(tenants[0]?.partition ?? 0);
        const [struck, others] = await apart(cluster, tenants);
        const { atMs, promotedAtMs } = await strike(cluster, slot);
        const back = await servedAt(figures, struck, promotedAtMs);
        const silence = (some: readonly Tenant[]) => silenceMs(figures, some, atMs, back);
        const note = [
          `promoted after ${promotedAtMs - atMs} ms (node timeout ${NODE_TIMEOUT_MS} ms)`,
          `${struck.length} tenants there: ${silence(struck)} ms without an answer`,
          `${others.length} elsewhere: ${silence(others)} ms`,
        ];
        await Promise.all(cluster.nodes.map(startedAgain));
        await cluster.ready();
        return { struckAtMs: atMs, note: note.join(', ') };
      },
    };
  },
};

/** Tenants whose master is the first one's, and the others. */
async function apart(cluster: Cluster, tenants: Witness['tenants']): Promise<[Tenant[], Tenant[]]> {
  const masters = await cluster.mastersOf(tenants.map(({ partition }) => slotOf(partition)));
  const isStruck = (_: Tenant, n: number) => masters[n] === masters[0];
  return [tenants.filter(isStruck), tenants.filter((one, n) => !isStruck(one, n))];
}

async function killed(cluster: Cluster, slot: number): Promise<Struck> {
  const master = await cluster.masterOf(slot);
  await master.kill9();
  const atMs = Date.now();
  await cluster.masterOf(slot);
  return { atMs, promotedAtMs: Date.now() };
}

async function handedOver(cluster: Cluster, slot: number): Promise<Struck> {
  const master = await cluster.masterOf(slot);
  await replicaInSync(cluster, master);
  const atMs = Date.now();
  await handOver(cluster, slot);
  return { atMs, promotedAtMs: Date.now() };
}

async function startedAgain(node: RedisNode): Promise<void> {
  const { exitCode, signalCode } = node.child();
  if (exitCode !== null || signalCode !== null) await node.start();
}

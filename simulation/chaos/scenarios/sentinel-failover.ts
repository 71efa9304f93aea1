/**
 * Sentinels promote a replica that was held behind, or one whose master is cut off and goes on taking
 * operations from the clients that still reach it. In every second cycle the flusher stands still
 * meanwhile, so that nothing but Redis could have kept what was acknowledged.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { mustBecome, type RedisNode } from '../../../scripts/redis-node.mjs';
import { servedAt, silenceMs } from '../accounts/service.ts';
import { type Outcome, REPLICA_WINDOW_MS, type Scenario, type Witness } from '../scenario.ts';
import type { SentinelStage } from '../stage.ts';

type Sentinels = SentinelStage['servers']['sentinels'];

interface Fall {
  readonly label: string;
  readonly flusherStill: boolean;
  readonly minReplicas: 0 | 1;
  /** How long before the blow what is lost may have been acknowledged. */
  readonly windowMs: number;
  strike(sentinels: Sentinels, master: RedisNode, witness: Witness): Promise<Outcome>;
}

/** How long the replicas get nothing before the master dies. */
const BEHIND_MS = 1_500;

const behind = { minReplicas: 0, windowMs: BEHIND_MS + REPLICA_WINDOW_MS, strike: killed } as const;
const alone = { minReplicas: 0, windowMs: REPLICA_WINDOW_MS, strike: isolated } as const;

const FALLS: readonly Fall[] = [
  { label: 'asked for', flusherStill: false, ...alone, strike: replaced },
  { label: 'behind', flusherStill: false, ...behind },
  { label: 'isolated', flusherStill: false, ...alone },
  { label: 'behind, fl. still', flusherStill: true, ...behind },
  { label: 'isolated, fl. still', flusherStill: true, ...alone },
  { label: 'min-replicas 1', flusherStill: true, ...alone, minReplicas: 1, strike: guarded },
];

export const sentinelFailover: Scenario<SentinelStage> = {
  name: 'sentinel-failover',
  summary:
    'Sentinels promote replicas held behind, or leave an isolated master that goes on acting',
  cycles: FALLS.length,
  seconds: 1,
  lasts: false,
  strike({ servers: { sentinels }, flusher }, n) {
    const fall = FALLS[n % FALLS.length] as Fall;
    return {
      label: fall.label,
      windowMs: fall.windowMs,
      recovers: true,
      prepare: () => setMinReplicas(sentinels, fall.minReplicas),
      async blow(witness) {
        const master = await sentinels.master();
        if (fall.flusherStill) flusher.pause();
        try {
          return await fall.strike(sentinels, master, witness);
        } finally {
          // While the old master can still be reached: the flusher may have read from it before.
          if (fall.flusherStill) flusher.resume();
          await sentinels.heal(master);
          await sentinels.ready();
        }
      },
    };
  },
};

async function killed(
  sentinels: Sentinels,
  master: RedisNode,
  { figures, tenants }: Witness,
): Promise<Outcome> {
  await sentinels.holdReplicas(master);
  await pause(BEHIND_MS);
  await master.kill9();
  const struckAtMs = Date.now();
  await sentinels.successor(master);
  const promotedAtMs = Date.now();
  const back = await servedAt(figures, tenants, promotedAtMs);
  await master.start();
  const silence = silenceMs(figures, tenants, struckAtMs, back);
  const note = `promoted after ${promotedAtMs - struckAtMs} ms, ${silence} ms without an answer`;
  return { struckAtMs, note };
}

/** `SENTINEL FAILOVER`: the old master takes operations until it is made a replica. */
async function replaced(
  sentinels: Sentinels,
  master: RedisNode,
  witness: Witness,
): Promise<Outcome> {
  await sentinels.failover();
  return left(sentinels, master, witness);
}

async function isolated(
  sentinels: Sentinels,
  master: RedisNode,
  witness: Witness,
): Promise<Outcome> {
  await sentinels.isolate(master);
  return left(sentinels, master, witness);
}

/** The old master lives, and clients reach it: they must leave it by themselves. */
async function left(
  sentinels: Sentinels,
  master: RedisNode,
  { figures, tenants }: Witness,
): Promise<Outcome> {
  const struckAtMs = Date.now();
  await sentinels.successor(master);
  const promotedAtMs = Date.now();
  await mustBecome(async () => (await clientsOf(master)) === 0, 'clients stay at the old master');
  const leftAtMs = Date.now();
  const back = await servedAt(figures, tenants, leftAtMs);
  const note = [
    `promoted after ${promotedAtMs - struckAtMs} ms`,
    `left ${leftAtMs - promotedAtMs} ms later`,
    `${silenceMs(figures, tenants, struckAtMs, back)} ms without an answer`,
  ].join(', ');
  return { struckAtMs, lossEndsAtMs: leftAtMs, note };
}

/** With `min-replicas-to-write 1` it takes nothing any more that it cannot pass on. */
async function guarded(
  sentinels: Sentinels,
  master: RedisNode,
  witness: Witness,
): Promise<Outcome> {
  const outcome = await isolated(sentinels, master, witness);
  return { ...outcome, lossEndsAtMs: outcome.struckAtMs };
}

/** A process asks its master twice a second; one that stands still cannot leave and does no harm. */
async function clientsOf(node: RedisNode): Promise<number> {
  const list = String(await node.ask((redis) => redis.call('CLIENT', 'LIST', 'TYPE', 'normal')));
  return (list.match(/ name=ringfence-operations .* idle=[01] /g) ?? []).length;
}

async function setMinReplicas({ nodes }: Sentinels, count: 0 | 1): Promise<void> {
  for (const node of nodes) {
    await node.ask(async (redis) => {
      await redis.config('SET', 'min-replicas-max-lag', '1');
      await redis.config('SET', 'min-replicas-to-write', `${count}`);
    });
  }
}

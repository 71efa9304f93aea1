/**
 * Every slot in use of one master moves to another under load, one by one. Callers are told 503 while
 * their slot is on its way, and nothing else; nothing is lost, because nobody dies.
 */
import { slotOf } from '../../../engine/index.ts';
import type { RedisNode } from '../../../scripts/redis-node.mjs';
import { type SlotMove, slotMover } from '../../../scripts/redis-slots.mjs';
import type { LoadFigures } from '../accounts/acknowledged.ts';
import { servedAt, silenceMs } from '../accounts/service.ts';
import { PARTITIONS } from '../load/tenants.ts';
import type { Scenario } from '../scenario.ts';
import type { ClusterStage } from '../stage.ts';

type Cluster = ClusterStage['servers']['cluster'];

export const clusterMigrate: Scenario<ClusterStage> = {
  name: 'cluster-migrate',
  summary: 'every slot of one master moved to another under load, one by one: only 503s meanwhile',
  cycles: 2,
  seconds: 1,
  lasts: false,
  strike: ({ servers: { cluster } }) => ({
    label: 'slots moved',
    windowMs: 0,
    recovers: true,
    async blow({ figures, tenants }) {
      const from = await cluster.masterOf(slotOf(tenants[0]?.partition ?? 0));
      const fromMs = Date.now();
      const moves = await moveAll(cluster, from);
      const movedAtMs = Date.now();
      const moved = tenants.filter(({ partition }) =>
        moves.some(({ slot }) => slot === slotOf(partition)),
      );
      const back = await Promise.all(moved.map((one) => servedAt(figures, [one], movedAtMs)));
      const untilMs = Math.max(movedAtMs, ...back);
      const silences = moved.map((one) => silenceMs(figures, [one], fromMs, untilMs));
      return {
        struckAtMs: fromMs,
        faults: unlike503(figures, fromMs),
        note: [
          told(moves, movedAtMs - fromMs),
          `${moved.length} tenants on them: at most ${Math.max(0, ...silences)} ms without an answer`,
        ].join(', '),
      };
    },
  }),
};

/** To the master that has the most room: the one of whose slots the fewest are in use. */
async function moveAll(cluster: Cluster, from: RedisNode): Promise<SlotMove[]> {
  const slots = Array.from({ length: PARTITIONS }, (_, partition) => slotOf(partition));
  const owners = await cluster.mastersOf(slots);
  const masters = [...new Set(owners)].filter((node) => node !== from);
  const used = (node: RedisNode) => owners.filter((owner) => owner === node).length;
  const [to, ...others] = masters.sort((a, b) => used(a) - used(b));
  if (to === undefined) throw new Error('there is no other master');
  const mover = await slotMover(from, to, others);
  try {
    const moves: SlotMove[] = [];
    for (const slot of slots.filter((_, n) => owners[n] === from)) {
      moves.push(await mover.move(slot));
    }
    return moves;
  } finally {
    mover.stop();
  }
}

function told(moves: readonly SlotMove[], ms: number): string {
  const keys = moves.reduce((sum, move) => sum + move.keys, 0);
  const longest = Math.max(0, ...moves.map((move) => move.ms));
  return `${moves.length} slots with ${keys} keys in ${ms} ms, the longest ${longest} ms`;
}

/** Nobody died, so every question has an answer. */
function unlike503({ unanswered }: LoadFigures, fromMs: number): string[] {
  return unanswered
    .filter(({ why, atMs }) => atMs >= fromMs && !why.startsWith('503 '))
    .map(({ verb, why, atMs }) => `${verb}: ${why} after ${atMs - fromMs} ms`);
}

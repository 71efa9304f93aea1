/** Three Redis side by side, one for each way, that take turns: a slow moment meets all of them. */
import { type Figure, figure, medianOf } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Round } from '../measurement.ts';
import { caughtUp } from '../stage/backlog.ts';
import { createOperations } from '../stage/calls.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage } from '../stage/stage.ts';
import { makeWallets } from '../stage/wallets.ts';

const WAYS = ['off', 'everysec', 'always'] as const;
type Way = (typeof WAYS)[number];
const SETTINGS: Readonly<Record<Way, readonly string[]>> = {
  off: ['--appendonly', 'no'],
  everysec: [],
  always: ['--appendfsync', 'always'],
};

export async function appendOnly(round: Round): Promise<Figure[]> {
  const { depth, seconds, slices } = round.size;
  const sides = [];
  try {
    for (const way of WAYS) sides.push(await openSide(round, way));
    const loads: { way: Way; perSecond: number; p99: number }[] = [];
    for (let turn = 0; turn <= slices; turn += 1) {
      const order = (round.index + turn) % 2 === 0 ? sides : sides.toReversed();
      for (const { way, stage, authorize } of order) {
        const work = (n: number) => authorize(`call-${turn}-${n}`, n);
        const load = await caughtUp(stage, () =>
          closedLoop({ depth, seconds: seconds / slices, work }),
        );
        // The first turn warms the process up.
        if (turn > 0) loads.push({ way, perSecond: load.perSecond, p99: load.spread.p99 });
      }
    }
    const median = (way: Way, of: 'perSecond' | 'p99') =>
      medianOf(loads.filter((load) => load.way === way).map((load) => load[of]));
    const share = (way: Way) => (median(way, 'perSecond') / median('off', 'perSecond')) * 100;
    return [
      ...WAYS.map((way) => figure(`AOF ${way}: authorize`, 'per second', median(way, 'perSecond'))),
      ...WAYS.map((way) => figure(`AOF ${way}: p99 in the closed loop`, 'ms', median(way, 'p99'))),
      figure('AOF everysec / off', '%', share('everysec')),
      figure('AOF always / off', '%', share('always')),
    ];
  } finally {
    for (const side of sides) await side.stop();
  }
}

async function openSide(round: Round, way: Way) {
  const stage = await openStage(round, { redisSettings: SETTINGS[way] });
  const purse = await makeWallets(stage, round.size.organizations);
  const flusher = await runningFlusher(stage);
  const operations = createOperations(stage, purse.organizationId);
  return {
    way,
    stage,
    authorize: (name: string, n: number) => operations.authorize(name, purse.many(n)),
    async stop() {
      await flusher.end();
      await stage.stop();
    },
  };
}

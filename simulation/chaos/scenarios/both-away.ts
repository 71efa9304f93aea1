/** Redis and Postgres killed -9 together; they come back one after the other, in either order. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadFigures } from '../accounts/acknowledged.ts';
import { EVERYSEC_WINDOW_MS, type Scenario } from '../scenario.ts';
import type { ApartStage } from '../stage.ts';
import { watchCalls } from './while-away.ts';

/** How long one of them is back and the other is not. */
const ALONE_MS = 2_000;

export const bothAway: Scenario<ApartStage> = {
  name: 'both-away',
  summary: 'Redis and Postgres killed -9 together: the gate stays shut until both are back',
  cycles: 4,
  seconds: 1,
  lasts: false,
  strike({ servers: { redis, postgres } }, n) {
    const isRedisFirst = n % 2 === 0;
    const [first, second] = isRedisFirst ? [redis, postgres] : [postgres, redis];
    return {
      label: isRedisFirst ? 'Redis back first' : 'Postgres back first',
      windowMs: EVERYSEC_WINDOW_MS,
      recovers: true,
      async blow({ figures, parked }) {
        const watch = watchCalls(parked, [undefined, 'outage']);
        try {
          await Promise.all([redis.kill9(), postgres.kill9()]);
          const struckAtMs = Date.now();
          await first.restart();
          await pause(ALONE_MS);
          const early = slippedThrough(figures, struckAtMs, Date.now());
          await second.restart();
          const { faults, checks } = await watch.stop();
          return {
            struckAtMs,
            faults: [...early, ...faults],
            note: `${checks} checks of live calls answered meanwhile`,
          };
        } finally {
          await watch.stop();
        }
      },
    };
  },
};

/** What was asked for and acknowledged although one of the two stores was not there. */
function slippedThrough({ acknowledged }: LoadFigures, fromMs: number, toMs: number): string[] {
  return acknowledged
    .filter(({ sentAtMs, atMs }) => sentAtMs > fromMs && atMs < toMs)
    .map(({ verb, id, atMs }) => `${verb} ${id} acknowledged ${atMs - fromMs} ms into the outage`);
}

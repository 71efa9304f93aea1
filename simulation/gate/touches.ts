/** What the first touch of a wallet costs that Redis does not hold, and the second one. */
import type { Engine } from '../../engine/index.ts';
import type { createActs } from './acts.ts';
import type { FilledWallet } from './fill.ts';
import type { Doors } from './stage.ts';

export interface Touch {
  readonly ms: number;
  /** Round trips. */
  readonly redis: number;
  readonly postgres: number;
}

export interface Touches {
  readonly first: readonly Touch[];
  readonly second: readonly Touch[];
}

/** Its first touches are no news: connections and statements are made by them. */
const WARMING = 20;

/** Charges each wallet twice, one after the other. */
export async function touch(
  engine: Engine,
  acts: ReturnType<typeof createActs>,
  wallets: readonly FilledWallet[],
  doors: Doors,
): Promise<Touches> {
  const first: Touch[] = [];
  const second: Touch[] = [];
  for (const wallet of wallets) {
    for (const [name, touches] of [['first', first] as const, ['second', second] as const]) {
      const before = { redis: doors.redis.turns(), postgres: doors.postgres.turns() };
      const startMs = performance.now();
      await acts.charge(engine, wallet, `${name} touch ${wallet.id}`);
      touches.push({
        ms: performance.now() - startMs,
        redis: doors.redis.turns() - before.redis,
        postgres: doors.postgres.turns() - before.postgres,
      });
    }
  }
  return { first: first.slice(WARMING), second: second.slice(WARMING) };
}

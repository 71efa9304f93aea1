import { afterEach, describe, expect, test, vi } from 'vitest';
import { countTurns } from '../../testing/turns.ts';
import { quietLog } from '../test/quiet-log.ts';
import { createWriteBehind } from './write-behind.ts';

/** Nobody is to run out of it because the machine stood still. */
const PATIENCE_MS = 60_000;

class Away extends Error {}

function writer(insert: (items: readonly number[]) => Promise<void>) {
  const log = quietLog();
  const isOutage = (error: unknown) => error instanceof Away;
  return { log, behind: createWriteBehind({ name: 'numbers', insert, isOutage, log }) };
}

afterEach(() => void vi.restoreAllMocks());

describe('write-behind', () => {
  test('gathers while a batch is under way, and keeps the order', async () => {
    const batches: number[][] = [];
    const { behind } = writer(async (items) => void batches.push([...items]));
    await Promise.all([1, 2, 3, 4].map((item) => behind.write(item, PATIENCE_MS)));
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  test('several at once are followed by more in one batch; one alone waits for nobody', async () => {
    // The time in which more is waited for does not pass.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    const batches: number[][] = [];
    const { behind } = writer(async (items) => void batches.push([...items]));
    await Promise.all([1, 2, 3].map((item) => behind.write(item, PATIENCE_MS)));
    const more = [4, 5].map((item) => behind.write(item, PATIENCE_MS));
    await Promise.resolve();
    await Promise.all([...more, behind.write(6, PATIENCE_MS)]);
    expect(batches).toEqual([[1], [2, 3], [4, 5, 6]]);
    const alone = writer(async (items) => void batches.push([...items])).behind;
    await alone.write(7, PATIENCE_MS);
    void alone.write(8, PATIENCE_MS);
    await new Promise(setImmediate);
    expect(batches.slice(3)).toEqual([[7], [8]]);
  });

  test('a stop does not linger', async () => {
    const batches: number[][] = [];
    const { behind } = writer(async (items) => void batches.push([...items]));
    await Promise.all([1, 2, 3].map((item) => behind.write(item, PATIENCE_MS)));
    void behind.write(4);
    await behind.stop(PATIENCE_MS);
    expect(batches).toEqual([[1], [2, 3], [4]]);
  });

  test('waits for a database that is away, losing nothing', async () => {
    const written: number[] = [];
    let failures = 1;
    const { behind, log } = writer(async (items) => {
      if (failures-- > 0) throw new Away();
      written.push(...items);
    });
    await Promise.all([1, 2].map((item) => behind.write(item, PATIENCE_MS)));
    expect(written.sort()).toEqual([1, 2]);
    expect(log.said).toEqual(['numbers: the database is away, will write again']);
  });

  test('one item that is refused does not take its neighbours along', async () => {
    const written: number[] = [];
    const { behind, log } = writer(async (items) => {
      if (items.includes(13)) throw new Error('unlucky');
      written.push(...items);
    });
    await Promise.all([1, 2, 13, 4].map((item) => behind.write(item, PATIENCE_MS)));
    expect(written.sort()).toEqual([1, 2, 4]);
    expect(log.said).toEqual(['numbers: one was refused and is given up']);
  });

  test('an answer waits no longer than its patience, and a stop gives up in time', async () => {
    const { behind } = writer(() => new Promise(() => undefined));
    const turns = countTurns();
    await behind.write(1, 20);
    await behind.stop(20);
    expect(turns.stop()).toBeLessThan(1_000);
  });
});

import { describe, expect, test } from 'vitest';
import { quietLog } from '../test/quiet-log.ts';
import { createWriteBehind } from './write-behind.ts';

class Away extends Error {}

function writer(insert: (items: readonly number[]) => Promise<void>) {
  const log = quietLog();
  const isOutage = (error: unknown) => error instanceof Away;
  return { log, behind: createWriteBehind({ name: 'numbers', insert, isOutage, log }) };
}

describe('write-behind', () => {
  test('gathers while a batch is under way, and keeps the order', async () => {
    const batches: number[][] = [];
    const { behind } = writer(async (items) => void batches.push([...items]));
    await Promise.all([1, 2, 3, 4].map((item) => behind.write(item, 1000)));
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  test('several at once are followed by more in one batch; one alone waits for nobody', async () => {
    const batches: number[][] = [];
    const { behind } = writer(async (items) => void batches.push([...items]));
    await Promise.all([1, 2, 3].map((item) => behind.write(item, 1000)));
    const more = [4, 5].map((item) => behind.write(item, 1000));
    await Promise.resolve();
    await Promise.all([...more, behind.write(6, 1000)]);
    expect(batches).toEqual([[1], [2, 3], [4, 5, 6]]);
    const alone = writer(async (items) => void batches.push([...items])).behind;
    await alone.write(7, 1000);
    void alone.write(8, 1000);
    await new Promise(setImmediate);
    expect(batches.slice(3)).toEqual([[7], [8]]);
  });

  test('a stop does not linger', async () => {
    const batches: number[][] = [];
    const { behind } = writer(async (items) => void batches.push([...items]));
    await Promise.all([1, 2, 3].map((item) => behind.write(item, 1000)));
    void behind.write(4);
    await behind.stop(1000);
    expect(batches).toEqual([[1], [2, 3], [4]]);
  });

  test('waits for a database that is away, losing nothing', async () => {
    const written: number[] = [];
    let failures = 1;
    const { behind, log } = writer(async (items) => {
      if (failures-- > 0) throw new Away();
      written.push(...items);
    });
    await Promise.all([1, 2].map((item) => behind.write(item, 5000)));
    expect(written.sort()).toEqual([1, 2]);
    expect(log.said).toEqual(['numbers: the database is away, will write again']);
  });

  test('one item that is refused does not take its neighbours along', async () => {
    const written: number[] = [];
    const { behind, log } = writer(async (items) => {
      if (items.includes(13)) throw new Error('unlucky');
      written.push(...items);
    });
    await Promise.all([1, 2, 13, 4].map((item) => behind.write(item, 1000)));
    expect(written.sort()).toEqual([1, 2, 4]);
    expect(log.said).toEqual(['numbers: one was refused and is given up']);
  });

  test('an answer waits no longer than its patience, and a stop gives up in time', async () => {
    const { behind } = writer(() => new Promise(() => undefined));
    const startedMs = performance.now();
    await behind.write(1, 20);
    await behind.stop(20);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

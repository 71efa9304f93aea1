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
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

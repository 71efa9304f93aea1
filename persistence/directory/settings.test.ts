import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/services.ts';
import { connect, type Sql } from '../connect.ts';
import { ensurePartitions, PartitionCountError } from './settings.ts';

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url, { max: 8, applicationName: 'settings' });
});
beforeEach(async () => {
  await sql`truncate settings, journal_cursors`;
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

async function cursors() {
  return await sql`select partition, stream_id, epoch from journal_cursors order by partition`;
}

describe('the number of partitions', () => {
  test('is fixed at first boot, with a cursor for each partition', async () => {
    await ensurePartitions(sql, 3);
    expect(await cursors()).toEqual(
      [0, 1, 2].map((partition) => ({ partition, stream_id: '0-0', epoch: 0 })),
    );
  });

  test('keeps the cursors where they are at every later boot', async () => {
    await ensurePartitions(sql, 2);
    await sql`update journal_cursors set stream_id = '5-0', epoch = 4 where partition = 1`;
    await ensurePartitions(sql, 2);
    expect((await cursors())[1]).toEqual({ partition: 1, stream_id: '5-0', epoch: 4 });
  });

  test('cannot be changed: the error names both numbers, and nothing is written', async () => {
    await ensurePartitions(sql, 3);
    await expect(ensurePartitions(sql, 4)).rejects.toMatchObject({ configured: 4, stored: 3 });
    await expect(ensurePartitions(sql, 2)).rejects.toThrow(PartitionCountError);
    expect(await cursors()).toHaveLength(3);
  });

  test('is the first process’s when many start at once with different numbers', async () => {
    const boots = Array.from({ length: 8 }, (_, n) => ensurePartitions(sql, 2 + (n % 2)));
    const settled = await Promise.allSettled(boots);
    const kept = (await cursors()).length;
    expect([2, 3]).toContain(kept);
    settled.forEach(({ status }, n) => {
      expect(status).toBe(2 + (n % 2) === kept ? 'fulfilled' : 'rejected');
    });
  });

  test.each([0, -1, 1.5, 4097, Number.NaN])('is not %d', async (partitions) => {
    await expect(ensurePartitions(sql, partitions)).rejects.toThrow(RangeError);
  });
});

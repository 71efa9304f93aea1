import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Sql } from '../../persistence/index.ts';
import { type TestDatabase, testDatabase } from '../../testing/services.ts';
import { createLog } from '../log.ts';
import { dayToDigest, startLedgerUpkeep } from './ledger-upkeep.ts';

describe('the day to digest', () => {
  test.each([
    ['2026-11-21T12:00:00Z', 0, '2026-11-20'],
    ['2026-03-01T01:00:00Z', 0, '2026-02-28'],
    ['2026-11-21T00:59:59Z', 0, undefined],
    ['2026-11-21T12:00:00Z', 11 * 3_600_000, '2026-11-20'],
    ['2026-11-21T12:00:00Z', 12 * 3_600_000, undefined],
  ])('at %s with a backlog of %i ms it is %s', (now, backlogMs, day) => {
    expect(dayToDigest(Date.parse(now), backlogMs)).toBe(day);
  });
});

describe('what has to be kept outside the database', () => {
  const DAY_MS = 86_400_000;
  const noon = (day: string) => Date.parse(`${day}T12:00:00Z`);
  const today = new Date().toISOString().slice(0, 10);
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await testDatabase();
    sql = connect(database.url, { max: 2, applicationName: 'test' });
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await database.drop();
  });

  /** What one round writes to a log of this level: message and day. */
  async function logged(level: string, nowMs: number): Promise<[string, string | undefined][]> {
    const lines: string[] = [];
    let asked = 0;
    const upkeep = startLedgerUpkeep({
      sql,
      chainKey: createSecretKey(randomBytes(32)),
      log: createLog(level, { write: (line: string) => void lines.push(line) }),
      backlogAgeMs: () => 0,
      nowMs() {
        asked += 1;
        return nowMs;
      },
    });
    await expect.poll(() => asked, { timeout: 60_000 }).toBe(3);
    await upkeep.stop();
    return lines.map((line) => {
      const { msg, day } = JSON.parse(line) as { msg: string; day?: string };
      return [msg, day];
    });
  }

  const daysAgo = (days: number) =>
    new Date(noon(today) - days * DAY_MS).toISOString().slice(0, 10);

  test('is in a log of warnings alone, and the days that nobody digested are made up for', async () => {
    expect(await logged('warn', noon(daysAgo(5)))).toEqual([
      ['ledger head', undefined],
      ['ledger digest', daysAgo(6)],
    ]);
    expect(await logged('error', noon(daysAgo(2)))).toEqual([
      ['ledger head', undefined],
      ['ledger digest', daysAgo(5)],
      ['ledger digest', daysAgo(4)],
      ['ledger digest', daysAgo(3)],
    ]);
    // Another process writes the last day to its own log too.
    expect(await logged('info', noon(daysAgo(2)))).toEqual([
      ['ledger head', undefined],
      ['ledger digest', daysAgo(3)],
    ]);
    expect(await logged('silent', noon(today))).toEqual([]);
  });
});

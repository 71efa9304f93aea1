import { describe, expect, test } from 'vitest';
import { csvCell, entriesCsv } from './entries-csv.ts';
import type { LedgerEntry } from './ledger-entry.ts';

describe('a CSV cell', () => {
  test.each([
    [null, ''],
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    [-250, '-250'],
    ['-250', '-250'],
    ['-2.50', '-2.50'],
    ['+49301234567', "'+49301234567"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['-1+cmd|x', "'-1+cmd|x"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['\n=1', '"\'\n=1"'],
    [' =1', "' =1"],
    ['\u0000=1', "'\u0000=1"],
    ['＝1+1', "'＝1+1"],
    ['a=1', 'a=1'],
    ['1-2', '1-2'],
    ['--1', "'--1"],
    ['-', "'-"],
    ["'quoted", "'quoted"],
  ])('of %j is %j', (value, expected) => {
    expect(csvCell(value)).toBe(expected);
  });
});

test('an export has one header, one line per entry, and escapes what callers wrote', async () => {
  const entry: LedgerEntry = {
    id: 'ent_1',
    walletId: 'wal_1',
    organizationId: 'org_1',
    sequence: 7,
    kind: 'charge',
    operation: 'charge',
    amountMicros: -1_500_000,
    heldDeltaMicros: 0,
    postedAfterMicros: 9_007_199_254_740_991,
    heldAfterMicros: 0,
    shortfallMicros: 0,
    holdId: null,
    callId: null,
    reference: '=1+1',
    description: 'a "big", charge',
    refunds: null,
    details: {},
    createdAt: new Date('2026-11-21T06:00:00.123Z'),
    occurredAt: new Date('2026-11-21T05:00:00Z'),
    hash: 'ab',
  };
  async function* pages() {
    yield [entry];
    yield [{ ...entry, id: 'ent_2', sequence: 6 }];
  }
  const chunks: string[] = [];
  for await (const chunk of entriesCsv(pages())) chunks.push(chunk);
  const [header, first, second, end, ...rest] = chunks.join('').split('\r\n');
  expect(header).toBe(
    'id,wallet_id,sequence,kind,amount_micros,held_delta_micros,posted_after_micros,' +
      'held_after_micros,shortfall_micros,hold_id,call_id,reference,description,refunds,' +
      'created_at,occurred_at,hash',
  );
  expect(first).toBe(
    'ent_1,wal_1,7,charge,-1500000,0,9007199254740991,0,0,,,\'=1+1,"a ""big"", charge",,' +
      '2026-11-21T06:00:00.123Z,2026-11-21T05:00:00.000Z,ab',
  );
  expect(second?.startsWith('ent_2,wal_1,6,')).toBe(true);
  expect([end, rest]).toEqual(['', []]);
});

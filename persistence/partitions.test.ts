import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureLedgerPartitions, monthOf, strayLedgerRows } from './partitions.ts';
import { type LedgerWorld, ledgerWorld } from './test/ledger-world.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.stop());

test.each([
  ['2026-11-21T10:00:00Z', 0, 'ledger_entries_2026_11', '2026-11-01', '2026-12-01'],
  ['2026-12-31T23:59:59Z', 1, 'ledger_entries_2027_01', '2027-01-01', '2027-02-01'],
  ['2027-01-01T00:00:00Z', -1, 'ledger_entries_2026_12', '2026-12-01', '2027-01-01'],
])('the month of %s, %i away', (at, offset, table, from, to) => {
  const day = 'T00:00:00.000Z';
  expect(monthOf(Date.parse(at), offset)).toEqual({ table, from: from + day, to: to + day });
});

test('many processes make the same months at once, and again', async () => {
  const at = Date.parse('2031-05-05T00:00:00Z');
  await Promise.all(Array.from({ length: 6 }, () => ensureLedgerPartitions(world.sql, at)));
  expect(await ensureLedgerPartitions(world.sql, at)).toBe(0);
  const rows = await world.sql`
    SELECT relname FROM pg_class WHERE relname LIKE 'ledger\_entries\_2031%' AND relkind = 'r'`;
  expect(rows).toHaveLength(5);
});

test('rows that came before their month are moved into it, and counted', async () => {
  const at = '2040-02-29T12:00:00Z';
  await world.sql`
    INSERT INTO ledger_entries (id, wallet_id, organization_id, sequence, kind, operation,
      amount_micros, held_delta_micros, posted_after_micros, held_after_micros, shortfall_micros,
      mutation_id, row_index, created_at, occurred_at, content_hash, hash)
    VALUES ('ent_stray', 'wal_stray', 'org_stray', 1, 'deposit', 'credit', 1, 0, 1, 0, 0, 'm', 0,
      ${at}, ${at}, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))`;
  expect(await strayLedgerRows(world.sql)).toBe(1);
  expect(await ensureLedgerPartitions(world.sql, Date.parse(at))).toBe(1);
  expect(await strayLedgerRows(world.sql)).toBe(0);
  const [row] = await world.sql`
    SELECT tableoid::regclass::text AS table FROM ledger_entries WHERE id = 'ent_stray'`;
  expect(row?.table).toBe('ledger_entries_2040_02');
});

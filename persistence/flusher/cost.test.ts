/** What keeps a batch cheap for Postgres and would be lost without a sign. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from '../test/ledger-world.ts';
import { Scribe } from '../test/scribe.ts';
import { transaction } from '../transaction.ts';
import { readEntry, type StreamEntry } from './entry.ts';
import { flush } from './flush.ts';
import { Positions } from './positions.ts';
import { keepHolds } from './statements.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.stop());

test('an open hold that changes its state stays on its page, with its index entries', async () => {
  const scribe = new Scribe(world.organizationId);
  const walletId = await world.wallet(1);
  const { holdId, item } = scribe.authorize([walletId], 1_000);
  const moves = [item, scribe.start(holdId)].map((one) => {
    const { entry } = readEntry(1, one);
    if (!entry?.hold) throw new Error('an entry without a hold');
    return { holdId, partition: 1, hold: entry.hold, updatedAtMs: entry.atMs };
  });
  const [opened, answered] = moves;
  if (opened === undefined || answered === undefined) throw new Error('two moves');
  expect([opened.hold.state, answered.hold.state]).toEqual(['authorized', 'live']);
  await transaction(world.sql, (tx) => keepHolds(tx, [opened]));
  const counted = await transaction(world.sql, async (tx) => {
    await keepHolds(tx, [answered]);
    return tx`
      SELECT pg_stat_get_xact_tuples_updated('holds'::regclass) AS updated,
             pg_stat_get_xact_tuples_hot_updated('holds'::regclass) AS hot`;
  });
  expect(counted).toEqual([{ updated: 1, hot: 1 }]);
});

test('the statements of a batch are planned once for all batches of a connection', async () => {
  const sql = connect(world.url, { max: 1, applicationName: 'planned', writer: true });
  try {
    const walletId = await world.wallet(2);
    const scribe = new Scribe(world.organizationId);
    const positions = new Positions();
    const [cursor] = await positions.follow(sql, new Set([2]));
    let after = cursor?.streamId ?? '';
    const batch = async (items: StreamEntry[]) => {
      const entries = items.map((item) => readEntry(2, item));
      await flush({ sql, chainKey: CHAIN_KEY }, [{ partition: 2, after, entries }], positions);
      after = items.at(-1)?.id ?? after;
    };
    for (let round = 0; round < 3; round += 1) {
      const { holdId, item } = scribe.authorize([walletId], 0);
      await batch([item]);
      await batch([scribe.start(holdId)]);
    }
    const planned = await sql<{ anew: number; once: number }[]>`
      SELECT custom_plans AS anew, generic_plans AS once FROM pg_prepared_statements
      WHERE statement ~ '(INSERT INTO|UPDATE) (ledger_entries|wallet_snapshots|holds|journal_cursors)'`;
    expect(planned.length).toBe(4);
    expect(planned.filter(({ anew, once }) => anew > 0 || once < 3)).toEqual([]);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

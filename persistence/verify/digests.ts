/** The digests of past days and what was published of them, as differences. */
import { checkDigests } from '../digest.ts';
import { lostHeads } from '../ledger-head.ts';
import { collector, type Difference } from './difference.ts';
import { concerns, type Task } from './input.ts';

const EXPECTED = {
  row_missing: ['in the ledger', 'absent'],
  row_changed: ['unchanged', 'changed'],
  digest_changed: ['unchanged', 'changed'],
  digest_missing: ['in the database', 'absent'],
} as const;

export async function* checkPublished({ input }: Task): AsyncGenerator<Difference, void> {
  const { sql, chainKey, published, since } = input;
  const rowsFrom = since?.toISOString().slice(0, 10);
  const { found, report } = collector();
  for await (const { day, walletId, what } of checkDigests(
    sql,
    chainKey,
    published?.digests,
    rowsFrom,
  )) {
    if (walletId !== '' && !concerns(input, walletId)) continue;
    const subject = walletId === '' ? `digest of ${day}` : `last row in the digest of ${day}`;
    const [expected, is] = EXPECTED[what];
    report(walletId, subject, expected, is);
    yield* found.splice(0);
  }
  for await (const { was, is } of lostHeads(sql, published?.heads ?? [])) {
    report('', `rows of the day until ${was.until.toISOString()}`, was.rows, is.rows);
    yield* found.splice(0);
  }
}

/** Somebody with the right to write every table, and every algorithm, but not the key of the chain. */
import { createHash, type KeyObject } from 'node:crypto';
import { packWalletState, unpackWalletState } from '../../../engine/index.ts';
import type { Sql } from '../../connect.ts';
import { CHAIN_START, chainHash } from '../../hash-chain.ts';
import { readRows } from '../read-page.ts';
import type { ChainedRow } from '../replay.ts';

/** Adds `micros` to a row and mends everything after it: balances, content, chain, snapshot. */
export async function rewriteChain(
  sql: Sql,
  forgedKey: KeyObject,
  walletId: string,
  sequence: number,
  micros: number,
): Promise<void> {
  await sql.begin(async (tx) => {
    const rows: ChainedRow[] = [];
    const whole = new Map([[walletId, { sequence: 0 }]]);
    for await (const piece of readRows(tx, whole, 1_000)) rows.push(...piece);
    let hash = CHAIN_START;
    for (const row of rows) {
      if (row.sequence >= sequence) {
        if (row.sequence === sequence) row.amountMicros += micros;
        row.postedAfterMicros += micros;
        row.contentHash = createHash('sha256').update(row.id).digest();
        hash = chainHash(forgedKey, hash, row);
        await tx`
          UPDATE ledger_entries SET amount_micros = ${row.amountMicros},
            posted_after_micros = ${row.postedAfterMicros}, content_hash = ${row.contentHash},
            hash = ${hash}
          WHERE wallet_id = ${walletId} AND sequence = ${row.sequence}`;
      } else hash = row.hash;
    }
    const [snapshot] = await tx<{ state: Buffer }[]>`
      SELECT state FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
    if (snapshot === undefined) throw new Error('no such wallet');
    const state = unpackWalletState(snapshot.state);
    const postedMicros = state.postedMicros + micros;
    await tx`
      UPDATE wallet_snapshots SET posted_micros = ${postedMicros}, chain_hash = ${hash},
        state = ${packWalletState({ ...state, postedMicros })}
      WHERE wallet_id = ${walletId}`;
  });
}

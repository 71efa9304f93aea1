/** What the ledger says of wallets and holds besides sequences and balances. */
import { type HoldState, unpackHoldState, type WalletState } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import type { ReadEntry } from '../flusher/entry.ts';
import { walletState } from '../ledger-source.ts';

export interface LedgerStates {
  readonly wallets: ReadonlyMap<string, WalletState>;
  /** Those that the entries go on with, and every open call of the wallets. */
  readonly holds: ReadonlyMap<string, HoldState>;
}

export async function readStates(
  tx: Transaction,
  partition: number,
  walletIds: readonly string[],
  entries: readonly ReadEntry[],
): Promise<LedgerStates> {
  const holdIds = new Set(entries.map(({ entry }) => entry?.holdId ?? ''));
  const wallets = await tx<{ id: string; state: Buffer }[]>`
    SELECT wallet_id AS id, state FROM wallet_snapshots
    WHERE wallet_id = ANY(${[...walletIds]}::text[])`;
  const holds = await tx<{ id: string; snapshot: Buffer }[]>`
    SELECT id, snapshot FROM holds
    WHERE partition = ${partition} AND (id = ANY(${[...holdIds]}::text[])
      OR (closed_at IS NULL AND kind = 'call'
        AND wallet_ids && ${[...walletIds]}::text[]))`;
  return {
    wallets: new Map(
      wallets.map(({ id, state }) => [id, walletState({ state, quarantined: false })]),
    ),
    holds: new Map(holds.map(({ id, snapshot }) => [id, unpackHoldState(snapshot)])),
  };
}

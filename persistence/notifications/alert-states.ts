/** What a follower of the ledger has to know about wallets to tell of them, read with each batch. */
import { unpackHoldState } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import { alertFromRow, type StoredAlert, type WalletAlertRow } from './wallet-alerts.ts';

export interface AlertBase {
  walletId: string;
  organizationId: string;
  rootId: string;
  currency: string;
  /** Undefined while nothing was ever raised or could be. */
  raised: ReadonlySet<string> | undefined;
  /** Null while nobody asked for it. */
  burnMicrosPerMinute: number | null;
  alerts: readonly StoredAlert[];
}

interface BaseRow {
  wallet_id: string;
  organization_id: string;
  root_id: string;
  currency: string;
  raised: string[] | null;
  burn: number | null;
}

/** Unknown wallets are absent. */
export async function readAlertBases(
  tx: Transaction,
  walletIds: readonly string[],
): Promise<Map<string, AlertBase>> {
  const [rows, alerts] = await Promise.all([
    tx<BaseRow[]>`
      SELECT wallets.id AS wallet_id, wallets.organization_id, wallets.root_id, wallets.currency,
             state.raised, state.burn_micros_per_minute AS burn
      FROM wallets LEFT JOIN wallet_alert_states AS state ON state.wallet_id = wallets.id
      WHERE wallets.id = ANY(${[...walletIds]}::text[])`,
    tx<WalletAlertRow[]>`
      SELECT * FROM wallet_alerts WHERE wallet_id = ANY(${[...walletIds]}::text[]) ORDER BY id`,
  ]);
  const alertsOf = grouped(alerts);
  return new Map(
    rows.map((row) => [
      row.wallet_id,
      {
        walletId: row.wallet_id,
        organizationId: row.organization_id,
        rootId: row.root_id,
        currency: row.currency,
        raised: row.raised === null ? undefined : new Set(row.raised),
        burnMicrosPerMinute: row.burn,
        alerts: alertsOf.get(row.wallet_id) ?? [],
      },
    ]),
  );
}

function grouped(rows: readonly WalletAlertRow[]): Map<string, StoredAlert[]> {
  const groups = new Map<string, StoredAlert[]>();
  for (const row of rows) {
    const group = groups.get(row.wallet_id) ?? [];
    group.push(alertFromRow(row));
    groups.set(row.wallet_id, group);
  }
  return groups;
}

/** The open calls of a wallet as this transaction leaves them. */
export async function readOpenCalls(tx: Transaction, partition: number, walletId: string) {
  const rows = await tx<{ holdId: string; snapshot: Buffer }[]>`
    SELECT id AS "holdId", snapshot FROM holds
    WHERE partition = ${partition} AND closed_at IS NULL
      AND kind = 'call' AND wallet_ids @> ${[walletId]}::text[]`;
  return rows.map(({ holdId, snapshot }) => ({ holdId, hold: unpackHoldState(snapshot) }));
}

export interface AlertState {
  walletId: string;
  raised: readonly string[];
  burnMicrosPerMinute: number | null;
}

export async function keepAlertStates(
  tx: Transaction,
  states: readonly AlertState[],
): Promise<void> {
  if (states.length === 0) return;
  await tx`
    INSERT INTO wallet_alert_states (wallet_id, raised, burn_micros_per_minute)
    SELECT wallet_id, string_to_array(raised, ','), burn FROM unnest(
      ${states.map((state) => state.walletId)}::text[],
      ${states.map((state) => state.raised.join(','))}::text[],
      ${states.map((state) => state.burnMicrosPerMinute)}::bigint[]
    ) AS kept (wallet_id, raised, burn)
    ON CONFLICT (wallet_id) DO UPDATE SET
      raised = excluded.raised, burn_micros_per_minute = excluded.burn_micros_per_minute`;
}

/** Who wants kinds of events that are written only if somebody does. */
export interface Wish {
  /** Null: the platform, for everybody. */
  organizationId: string | null;
  rootId: string | null;
  includeDescendants: boolean;
  events: readonly string[];
}

/**
 * Of enabled endpoints that may hear of these wallets, those that want one of these types or patterns.
 * Each batch asks: endpoints of all the other customers must not make it slower. OFFSET 0 keeps the planner
 * from beginning with all of them.
 */
export async function readWishes(
  tx: Transaction,
  patterns: readonly string[],
  walletIds: readonly string[],
): Promise<Wish[]> {
  return tx<Wish[]>`
    WITH RECURSIVE near (id, root_id) AS (
      SELECT organization_id, root_id FROM wallets WHERE id = ANY(${[...walletIds]}::text[])
      UNION
      SELECT organizations.parent_id, near.root_id FROM near
      JOIN organizations ON organizations.id = near.id
      WHERE organizations.parent_id IS NOT NULL
    )
    SELECT endpoint.organization_id AS "organizationId", near.root_id AS "rootId",
           endpoint.include_descendants AS "includeDescendants", endpoint.events
    FROM near CROSS JOIN LATERAL (
      SELECT * FROM notification_endpoints
      WHERE organization_id = near.id AND status = 'enabled'
        AND events && ${[...patterns]}::text[]
      OFFSET 0
    ) AS endpoint
    UNION ALL
    SELECT NULL, NULL, endpoint.include_descendants, endpoint.events
    FROM notification_endpoints AS endpoint
    WHERE endpoint.organization_id IS NULL AND endpoint.status = 'enabled'
      AND endpoint.events && ${[...patterns]}::text[]`;
}

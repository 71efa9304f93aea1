/** What an organization wants to be told of a wallet, beyond its levels. */
import { newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { onlyRow } from '../directory/cells.ts';
import { transaction } from '../transaction.ts';

export type StoredAlert = { id: string; createdAt: Date } & NewWalletAlert;

export type NewWalletAlert =
  | { kind: 'available'; availableMicros: number; resolveAboveMicros: number }
  | { kind: 'minutes'; minutes: number };

export interface WalletAlertRow {
  id: string;
  wallet_id: string;
  kind: 'available' | 'minutes';
  available_micros: number | null;
  resolve_above_micros: number | null;
  minutes: number | null;
  created_at: Date;
}

/** Of one wallet. */
export const WALLET_ALERTS_MAX = 10;

export class WalletAlerts {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Oldest first. */
  async list(walletId: string): Promise<StoredAlert[]> {
    const rows = await this.#sql<WalletAlertRow[]>`
      select * from wallet_alerts where wallet_id = ${walletId} order by id`;
    return rows.map(alertFromRow);
  }

  /**
   * Sets the alerts of a wallet in place of those it had; one that it has already, word by word, stays
   * with its id and what was told of it. What burns is counted anew.
   */
  async replace(walletId: string, alerts: readonly NewWalletAlert[]): Promise<StoredAlert[]> {
    return transaction(this.#sql, async (tx) => {
      await tx`select 1 from wallets where id = ${walletId} for update`;
      const rows = await tx<WalletAlertRow[]>`
        select * from wallet_alerts where wallet_id = ${walletId} order by id`;
      const present = rows.map(alertFromRow);
      const kept = alerts.map((alert) => present.find((other) => isSame(other, alert)));
      const keptIds = kept.flatMap((alert) => (alert === undefined ? [] : [alert.id]));
      await tx`
        delete from wallet_alerts
        where wallet_id = ${walletId} and not (id = any(${keptIds}::text[]))`;
      await tx`
        update wallet_alert_states set burn_micros_per_minute = null
        where wallet_id = ${walletId}`;
      const result: StoredAlert[] = [];
      for (const [place, alert] of alerts.entries()) {
        const old = kept[place];
        if (old !== undefined) {
          result.push(old);
          continue;
        }
        const { availableMicros = null, resolveAboveMicros = null } =
          alert.kind === 'available' ? alert : {};
        const minutes = alert.kind === 'minutes' ? alert.minutes : null;
        const made = await tx<WalletAlertRow[]>`
          insert into wallet_alerts
            (id, wallet_id, kind, available_micros, resolve_above_micros, minutes)
          values (${newId('alr')}, ${walletId}, ${alert.kind}, ${availableMicros},
            ${resolveAboveMicros}, ${minutes})
          returning *`;
        result.push(alertFromRow(onlyRow(made)));
      }
      return result;
    });
  }
}

export function alertFromRow(row: WalletAlertRow): StoredAlert {
  const { id, created_at: createdAt } = row;
  if (row.kind === 'minutes') return { id, createdAt, kind: 'minutes', minutes: row.minutes ?? 0 };
  return {
    id,
    createdAt,
    kind: 'available',
    availableMicros: row.available_micros ?? 0,
    resolveAboveMicros: row.resolve_above_micros ?? 0,
  };
}

function isSame(one: NewWalletAlert, other: NewWalletAlert): boolean {
  if (one.kind === 'minutes') return other.kind === 'minutes' && one.minutes === other.minutes;
  return (
    other.kind === 'available' &&
    one.availableMicros === other.availableMicros &&
    one.resolveAboveMicros === other.resolveAboveMicros
  );
}

/** Settings that are fixed at first boot, because data lies where they say. */
import { newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { onlyRow } from './cells.ts';

export const PARTITIONS_MAX = 4096;

/** The configured partition count is not the one this database was made with. */
export class PartitionCountError extends Error {
  override readonly name = 'PartitionCountError';
  readonly configured: number;
  readonly stored: number;

  constructor(configured: number, stored: number) {
    super(
      `RINGFENCE_PARTITIONS is ${configured}, but this database was made with ${stored}; ` +
        `wallets would be looked for in the wrong partition. Set it to ${stored}.`,
    );
    this.configured = configured;
    this.stored = stored;
  }
}

/**
 * Fixes the number of partitions at first boot, checks it at every later one, and makes the journal
 * cursor of each partition. Safe to call from many processes at once.
 * @throws PartitionCountError when the database was made with another number.
 */
export async function ensurePartitions(sql: Sql, partitions: number): Promise<void> {
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX) {
    throw new RangeError(`the number of partitions is 1 to ${PARTITIONS_MAX}`);
  }
  await sql`
    insert into settings (key, value) values ('partitions', to_jsonb(${partitions}::int))
    on conflict (key) do nothing`;
  const rows = await sql<{ partitions: number }[]>`
    select (value #>> '{}')::int as partitions from settings where key = 'partitions'`;
  const stored = onlyRow(rows).partitions;
  if (stored !== partitions) {
    throw new PartitionCountError(partitions, stored);
  }
  await sql`
    insert into journal_cursors (partition) select generate_series(0, ${partitions - 1}::int)
    on conflict (partition) do nothing`;
}

/**
 * The id of this installation, made at first boot: it tells our objects at Stripe from those of another
 * Ringfence on the same account. A copy of the database has it too.
 */
export async function ensureInstallation(sql: Sql): Promise<string> {
  await sql`
    insert into settings (key, value) values ('installation', to_jsonb(${newId('ins')}::text))
    on conflict (key) do nothing`;
  const rows = await sql<{ id: string }[]>`
    select value #>> '{}' as id from settings where key = 'installation'`;
  return onlyRow(rows).id;
}

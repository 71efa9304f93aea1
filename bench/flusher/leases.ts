import { waitUntil } from '../../scripts/processes.mjs';
import type { Stage } from '../stage/stage.ts';

const SHARED_MS = 300_000;

/** Resolves when so many flushers share the partitions out evenly. */
export async function leasesShared({ sql, partitions }: Stage, flushers: number): Promise<void> {
  const isShared = async () => {
    const rows = await sql<{ held: number }[]>`
      SELECT count(*) AS held FROM partition_leases WHERE expires_at > now() GROUP BY owner`;
    return rows.length === flushers && rows.every(({ held }) => held === partitions / flushers);
  };
  if (!(await waitUntil(isShared, SHARED_MS))) throw new Error('the leases are not shared out');
}

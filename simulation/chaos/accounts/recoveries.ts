import { onLedger, type StoreUrls } from './stores.ts';

/**
 * How often partitions were shut and recovered so far: each time raises the epoch of one. Clients may not notice:
 * between the loss of a connection and the end of a recovery there are sometimes milliseconds.
 */
export async function recoveries(urls: StoreUrls): Promise<number> {
  const [row] = await onLedger(
    urls,
    (sql) => sql<{ epochs: number }[]>`
      SELECT coalesce(sum(epoch), 0)::int AS epochs FROM journal_cursors`,
  );
  return row?.epochs ?? 0;
}

import type { Sql } from '../connect.ts';

/**
 * Whether a flusher whose name begins with `owner` goes round: each renews its membership on its
 * way from one batch to the next, so a membership that has run out is a flusher that stands still.
 */
export async function flusherGoesRound(sql: Sql, owner: string): Promise<boolean> {
  const [row] = await sql<{ alive: boolean }[]>`
    select exists (
      select from flusher_members where starts_with(owner, ${owner}) and expires_at > now()
    ) as alive`;
  return row?.alive ?? false;
}

/** The design users have today, behind the same three operations as ours. */
import fs from 'node:fs';
import postgres from 'postgres';
import { CREDIT_LIMIT_MICROS } from '../../workload.ts';

/** Reserve, status check, finalize; the n-th call of a load, on the hot organization or in turn. */
export interface Side {
  reserve(load: string, n: number, hot: boolean): Promise<unknown>;
  check(load: string, n: number, hot: boolean): Promise<unknown>;
  finalize(load: string, n: number, hot: boolean): Promise<unknown>;
}

export interface Peer {
  /** @param connections each has one request in flight; `durable` is `synchronous_commit` */
  side(connections: number, durable: boolean): Promise<Side & { close(): Promise<void> }>;
}

const SCHEMA = new URL('./schema.sql', import.meta.url);
/** What 75 s, one more minute, and 61 s cost at the workload's price. */
const RESERVE_MICROS = 75_000;
const MORE_MICROS = 60_000;
const USED_MICROS = 61_000;

export async function createPeer(databaseUrl: string, organizations: number): Promise<Peer> {
  const setup = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  await setup.unsafe('CREATE SCHEMA peer; SET search_path = peer');
  await setup.unsafe(fs.readFileSync(SCHEMA, 'utf8'));
  await setup`
    INSERT INTO accounts (organization_id, balance_micros)
    SELECT 'org_' || n, ${CREDIT_LIMIT_MICROS} FROM generate_series(0, ${organizations - 1}::int) AS n`;
  await setup`ANALYZE`;
  await setup.end();
  const owner = (n: number, hot: boolean) => `org_${hot ? 0 : n % organizations}`;
  return {
    async side(connections, durable) {
      const sql = postgres(databaseUrl, {
        max: connections,
        onnotice: () => undefined,
        connection: { search_path: 'peer', synchronous_commit: durable ? 'on' : 'off' },
      });
      // Connected and warm before the clock runs.
      await Promise.all(Array.from({ length: connections }, () => sql`SELECT pg_sleep(0.01)`));
      return {
        async reserve(load, n, hot) {
          const call = `${load}-${n}`;
          const [row] = await sql`
            SELECT reserve(${owner(n, hot)}, ${call}, ${RESERVE_MICROS}, ${call}) AS id`;
          if (row?.id == null) throw new Error('the reservation was refused');
        },
        async check(load, n, hot) {
          const [row] = await sql`
            SELECT status_check(${owner(n, hot)}, ${`${load}-${n}`}, ${MORE_MICROS}) AS ends`;
          if (row?.ends !== false) throw new Error('the status check ended the call');
        },
        finalize: (load, n, hot) =>
          sql`SELECT finalize(${owner(n, hot)}, ${`${load}-${n}`}, ${USED_MICROS})`,
        close: () => sql.end({ timeout: 1 }),
      };
    },
  };
}

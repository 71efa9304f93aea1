/** Every query of FINANCE.md runs as the finance role, on what the API has put into the ledger. */
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../api/test/application.ts';
import { organization, wallet } from '../api/test/tenants.ts';
import { document, fences } from './test/markdown.ts';

interface Query {
  readonly title: string;
  readonly text: string;
}

const queries = fences(document('docs/FINANCE.md'))
  .filter(({ language }) => language === 'sql')
  .map(({ text }): Query => ({ title: /^-- (.*)/.exec(text)?.[1] ?? '', text }));

let app: TestApplication;
let sql: postgres.Sql;
let walletId: string;

async function post(path: string, body: Record<string, unknown>, method = 'POST') {
  const answer = await app.request(method, path, { body });
  expect([200, 201], `${path}: ${answer.text}`).toContain(answer.status);
  return answer.body;
}

/** A wallet with money in and out, one call that cost more than there was, and one that goes on. */
beforeAll(async () => {
  app = await testApplication();
  sql = postgres(app.core.config.DATABASE_URL, { max: 1, onnotice: () => undefined });
  await sql`SET ROLE ringfence_finance`;
  const organizationId = await organization(app, 'Acme');
  const price = { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' };
  await post('/v1/prices/voice_minute', { organization_id: organizationId, ...price }, 'PUT');
  walletId = await wallet(app, organizationId, 150_000);
  const other = await wallet(app, organizationId);
  for (const call_id of ['over', 'live']) {
    await post('/v1/calls', { call_id, organization_id: organizationId, wallet_id: walletId });
    await post(`/v1/calls/${call_id}/start`, {});
  }
  const end = { duration_seconds: 240, outcome: 'completed', provider_cost_micros: 90_000 };
  await post('/v1/calls/over/end', end);
  await post(`/v1/wallets/${walletId}/credits`, { kind: 'bonus', amount_micros: 200_000 });
  await post('/v1/transfers', {
    from_wallet_id: walletId,
    to_wallet_id: other,
    amount_micros: 10_000,
  });
  await post(`/v1/wallets/${walletId}/charges`, { amount_micros: 5_000, wait_for: 'ledger' });
});
afterAll(async () => {
  await sql?.end();
  await app?.stop();
});

function rowsOf(title: string): Promise<postgres.RowList<postgres.Row[]>> {
  const query = queries.find((one) => one.title.startsWith(title));
  if (query === undefined) throw new Error(`FINANCE.md has no query ${title}`);
  return sql.unsafe(query.text.replaceAll('wal_...', walletId));
}

/** The month of the example is this one. */
function ofThisMonth(text: string): string {
  const month = (offset: number) => {
    const now = new Date();
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
    return first.toISOString().slice(0, 10);
  };
  return text.replace('2026-11-01', month(0)).replace('2026-12-01', month(1));
}

describe('FINANCE.md', () => {
  test.each(queries)('$title', async ({ title, text }) => {
    const rows = await sql.unsafe(ofThisMonth(text).replaceAll('wal_...', walletId));
    if (title.startsWith('empty')) expect(rows).toEqual([]);
    else expect(rows.length).toBeGreaterThan(0);
  });

  test('has a title for every query', () => {
    expect(queries.length).toBeGreaterThan(10);
    expect(queries.filter(({ title }) => title === '')).toEqual([]);
  });

  test('balances, debts and margins are the figures of what happened', async () => {
    const balances = await rowsOf('what every wallet holds');
    const balance = balances.find((row) => row.id === walletId);
    const posted = 150_000 - 240_000 + 200_000 - 10_000 - 5_000;
    expect(Number(balance?.posted_micros)).toBe(posted);
    const [margin] = await rowsOf('margin of each call');
    expect([margin?.call_id, Number(margin?.margin_micros)]).toEqual(['over', 240_000 - 90_000]);
    const [debt] = await rowsOf('debts');
    expect(Number(debt?.shortfall_micros)).toBeGreaterThan(0);
  });

  test('the proofs see a ledger that was tampered with', async () => {
    const owner = postgres(app.core.config.DATABASE_URL, { max: 1, onnotice: () => undefined });
    const broken = new Error('roll back');
    const proofs = queries.filter(({ title }) => /balances that|missing or doubled/.test(title));
    const seen: number[] = [];
    await owner
      .begin(async (tx) => {
        await tx`DELETE FROM ledger_entries WHERE wallet_id = ${walletId} AND sequence = 2`;
        for (const { text } of proofs) seen.push((await tx.unsafe(text)).length);
        throw broken;
      })
      .catch((error: unknown) => {
        if (error !== broken) throw error;
      });
    await owner.end();
    expect(seen).toEqual([1, 1]);
  });

  test('the finance role reads the ledger only', async () => {
    await expect(sql`DELETE FROM ledger_entries`).rejects.toThrow(/permission denied/);
    await expect(sql`SELECT hash FROM api_keys`).rejects.toThrow(/permission denied/);
  });
});

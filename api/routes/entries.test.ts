import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let walletId: string;
const REFERENCE = '=HYPERLINK("http://evil")';
beforeAll(async () => {
  app = await testApplication();
  walletId = await wallet(app, await organization(app, 'Acme'), 1_000);
  for (let i = 1; i <= 6; i++) {
    await app.request('POST', `/v1/wallets/${walletId}/charges`, {
      body: { amount_micros: i, reference: REFERENCE, wait_for: 'ledger' },
    });
  }
});
afterAll(() => app.stop());

interface Entry {
  id: string;
  sequence: number;
  kind: string;
  amount_micros: number;
  hash: string;
}

async function list(query: string): Promise<{ data: Entry[]; has_more: boolean }> {
  const answer = await app.request('GET', `/v1/wallets/${walletId}/entries?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
}

describe('GET /v1/wallets/{id}/entries', () => {
  test('newest first, with the balance after each and its hash', async () => {
    const { data, has_more } = await list('');
    expect(data.map((entry) => entry.sequence)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(has_more).toBe(false);
    expect(data[0]).toMatchObject({
      wallet_id: walletId,
      kind: 'charge',
      amount_micros: -6,
      posted_after_micros: 979,
      held_after_micros: 0,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('pages go on where the last one ended', async () => {
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < 4; page++) {
      const { data, has_more } = await list(`limit=2${cursor}`);
      seen.push(...data.map((entry) => entry.sequence));
      cursor = `&starting_after=${data.at(-1)?.id}`;
      expect(has_more).toBe(page < 3);
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  test('filters by kind and time', async () => {
    expect((await list('kind=deposit')).data.map((entry) => entry.sequence)).toEqual([1]);
    expect((await list('from=2999-01-01T00:00:00Z')).data).toEqual([]);
    expect((await list('to=2999-01-01T00:00:00%2B02:00')).data).toHaveLength(7);
  });

  test.each(['kind=gift', 'from=yesterday', 'format=xml', 'starting_after=ent_none'])(
    '?%s is refused and named',
    async (query) => {
      const answer = await app.request('GET', `/v1/wallets/${walletId}/entries?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ error: { param: query.split('=')[0] } });
    },
  );

  test('CSV has every row, and no cell that a spreadsheet would run', async () => {
    const answer = await app.request('GET', `/v1/wallets/${walletId}/entries?format=csv`);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = answer.text.trimEnd().split('\r\n');
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^id,wallet_id,sequence,kind,amount_micros/);
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://evil"")"`);
    expect(lines[1]).toContain(',-6,');
  });
});

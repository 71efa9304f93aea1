import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from '../test/application.ts';
import { organization, type Tenants, tenants, wallet } from '../test/tenants.ts';
import { walletElsewhere } from '../transfers/test/stage.ts';

let app: TestApplication;
let all: Tenants;
beforeAll(async () => {
  app = await testApplication();
  all = await tenants(app);
});
afterAll(() => app.stop());

/** Answers 200 once the transfer is in the ledger. */
async function read(id: unknown, key?: string): Promise<ApiAnswer> {
  const get = () =>
    app.request('GET', `/v1/transfers/${String(id)}`, key === undefined ? {} : { key });
  await expect.poll(async () => (await get()).status).toBe(200);
  return get();
}

const transfer = async (from: string, to: string, fields: Record<string, unknown> = {}) =>
  app.request('POST', '/v1/transfers', {
    body: { from_wallet_id: from, to_wallet_id: to, amount_micros: 5, ...fields },
  });

async function listed(query: string, key?: string): Promise<string[]> {
  const answer = await app.request(
    'GET',
    `/v1/transfers${query}`,
    key === undefined ? {} : { key },
  );
  expect(answer.status).toBe(200);
  return (answer.body.data as { id: string }[]).map((item) => item.id);
}

describe('GET /v1/transfers/{id}', () => {
  test('says what the POST said, inside a partition and across', async () => {
    const { agency, client } = all;
    const elsewhere = await walletElsewhere(app, agency.walletId);
    for (const to of [client.walletId, elsewhere]) {
      const made = await transfer(agency.walletId, to, { reference: 'June' });
      expect(made.status).toBe(201);
      const { created_at: createdAt, ...rest } = (await read(made.body.id)).body;
      expect(rest).toEqual(made.body);
      expect(Date.parse(String(createdAt))).toBeGreaterThan(Date.now() - 60_000);
    }
  });

  test('a refused one is none, and neither is an unknown id', async () => {
    const poor = await wallet(app, all.agency.organizationId);
    const refused = await transfer(poor, await walletElsewhere(app, poor));
    expect(refused.status).toBe(402);
    const [row] = await app.core.stores.directory`
      select id from transfers where from_wallet_id = ${poor}`;
    for (const id of [String(row?.id), 'trf_none']) {
      expect((await app.request('GET', `/v1/transfers/${id}`)).status).toBe(404);
    }
  });

  test('is for the readers of either wallet and for nobody else', async () => {
    const made = await transfer(all.agency.walletId, all.client.walletId);
    for (const key of [all.client.keys.organization, all.agency.keys.finance]) {
      expect((await read(made.body.id, key)).status).toBe(200);
    }
    const foreign = { key: all.other.keys.agency };
    const hidden = await app.request('GET', `/v1/transfers/${made.body.id}`, foreign);
    expect(hidden.status).toBe(404);
  });
});

describe('GET /v1/transfers', () => {
  test('pages through both sorts, newest first, none twice and none missing', async () => {
    const from = await wallet(app, await organization(app, 'Pages'), 100);
    const near = await wallet(
      app,
      (await app.core.directory.wallets.get(from))?.organizationId ?? '',
    );
    const far = await walletElsewhere(app, from);
    const made: string[] = [];
    for (const to of [near, far, near, far, near]) {
      made.push(String((await transfer(from, to)).body.id));
    }
    await expect.poll(() => listed(`?wallet_id=${from}`)).toHaveLength(5);
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const query = `?wallet_id=${from}&limit=2${after && `&starting_after=${after}`}`;
      const { body } = await app.request('GET', `/v1/transfers${query}`);
      seen.push(...(body.data as { id: string }[]).map((item) => item.id));
      if (body.has_more !== true) break;
      after = String(seen.at(-1));
    }
    expect(seen).toEqual([...made].reverse());
  });

  test('is kept to the wallets that the key may read', async () => {
    const { agency, client, other } = all;
    const down = String((await transfer(agency.walletId, client.walletId)).body.id);
    const apart = await wallet(app, other.organizationId);
    const strange = String((await transfer(other.walletId, apart)).body.id);
    await expect.poll(() => listed('?limit=100')).toEqual(expect.arrayContaining([down, strange]));
    for (const key of [client.keys.organization, agency.keys.agency, agency.keys.finance]) {
      const ids = await listed('?limit=100', key);
      expect(ids).toContain(down);
      expect(ids).not.toContain(strange);
    }
    const byClient = await listed(`?limit=100&organization_id=${client.organizationId}`);
    expect(byClient).toContain(down);
    expect(byClient).not.toContain(strange);
    const foreign = `/v1/transfers?wallet_id=${other.walletId}`;
    const answer = await app.request('GET', foreign, { key: agency.keys.agency });
    expect(answer.status).toBe(404);
  });

  test('goes on after a transfer only', async () => {
    const answer = await app.request('GET', '/v1/transfers?starting_after=trf_none');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { param: 'starting_after' } });
  });
});

describe('a replay of POST /v1/transfers', () => {
  test.each(['inside', 'across'])(
    '%s says the same, moves nothing, and conflicts with another body',
    async (where) => {
      const from = await wallet(app, all.agency.organizationId, 100);
      const inside = await wallet(app, all.client.organizationId);
      const to = where === 'inside' ? inside : await walletElsewhere(app, from);
      const body = { from_wallet_id: from, to_wallet_id: to, amount_micros: 30, reference: 'once' };
      const call = { body, idempotencyKey: `replay ${where}` };
      const first = await app.request('POST', '/v1/transfers', call);
      const again = await app.request('POST', '/v1/transfers', call);
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.text).toBe(first.text);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      for (const change of [{ amount_micros: 31 }, { reference: 'twice' }]) {
        const other = { ...call, body: { ...body, ...change } };
        const conflict = await app.request('POST', '/v1/transfers', other);
        expect(conflict.status).toBe(409);
        expect(conflict.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
      }
      const read = await app.request('GET', `/v1/wallets/${from}`);
      expect(read.body).toMatchObject({ posted_micros: 70 });
      await expect.poll(() => listed(`?wallet_id=${from}`)).toEqual([first.body.id]);
    },
  );
});

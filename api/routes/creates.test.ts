/** Idempotency-Key on what makes organizations, wallets and API keys. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from '../test/application.ts';
import { type Tenants, tenants } from '../test/tenants.ts';

let app: TestApplication;
let all: Tenants;
beforeAll(async () => {
  app = await testApplication();
  all = await tenants(app);
});
afterAll(() => app.stop());

const post = (path: string, body: object, idempotencyKey: string, key?: string) =>
  app.request('POST', path, { body, idempotencyKey, ...(key !== undefined && { key }) });

/** Each create with a body, and another body that the same key may not have. */
const CREATES: readonly [string, () => object, () => object][] = [
  [
    '/v1/organizations',
    () => ({ name: 'Once', metadata: { b: 1, a: 'x' } }),
    () => ({ name: 'Twice' }),
  ],
  [
    '/v1/wallets',
    () => ({ organization_id: all.client.organizationId, currency: 'usd', name: 'Once' }),
    () => ({ organization_id: all.other.organizationId, currency: 'usd', name: 'Once' }),
  ],
  [
    '/v1/api_keys',
    () => ({ organization_id: all.client.organizationId, role: 'organization', name: 'Once' }),
    () => ({ organization_id: all.client.organizationId, role: 'finance', name: 'Once' }),
  ],
];

const replayed = (answer: ApiAnswer) => answer.headers.get('idempotency-replayed') === 'true';

async function rowsNamedOnce(path: string): Promise<number> {
  const query = path === '/v1/api_keys' ? `&organization_id=${all.client.organizationId}` : '';
  const { body } = await app.request('GET', `${path}?limit=100${query}`);
  return (body.data as { name: string }[]).filter((item) => item.name === 'Once').length;
}

describe.each(CREATES)('POST %s', (path, body, otherBody) => {
  test('50 at once under one key make one row and get one answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(path, body(), `burst ${path}`)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    const replays = answers.filter(replayed);
    expect(replays).toHaveLength(49);
    expect(new Set(replays.map((answer) => answer.text)).size).toBe(1);
    expect(await rowsNamedOnce(path)).toBe(1);
  });

  test('the same key with another body is a conflict, and makes nothing', async () => {
    const before = await rowsNamedOnce(path);
    await post(path, body(), `conflict ${path}`);
    const conflict = await post(path, otherBody(), `conflict ${path}`);
    expect(conflict.status).toBe(409);
    expect(conflict.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
    expect(await rowsNamedOnce(path)).toBe(before + 1);
  });

  test('without a key each request makes a row', async () => {
    const call = { body: body(), idempotencyKey: false as const };
    const [one, two] = [
      await app.request('POST', path, call),
      await app.request('POST', path, call),
    ];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(one.body.id).not.toBe(two.body.id);
  });

  test('a refused request leaves its key free', async () => {
    const wrong = { ...body(), organization_id: 'org_none', parent_id: 'org_none' };
    const refused = await post(path, wrong, `refused ${path}`);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    const answer = await post(path, body(), `refused ${path}`);
    expect([answer.status, replayed(answer)]).toEqual([201, false]);
  });
});

describe('a replay', () => {
  test.each(CREATES.slice(0, 2))(
    'of POST %s is the first answer to the letter',
    async (path, body) => {
      const first = await post(path, body(), `letter ${path}`);
      const again = await post(path, body(), `letter ${path}`);
      expect(replayed(first)).toBe(false);
      expect(replayed(again)).toBe(true);
      expect(again.text).toBe(first.text);
    },
  );

  test('of a new API key does not hold the key, says so, and nothing stored does', async () => {
    const body = { role: 'platform', name: 'secret' };
    const first = await post('/v1/api_keys', body, 'secret');
    const { key, ...rest } = first.body;
    expect(key).toMatch(/^rf_/);
    const again = await post('/v1/api_keys', body, 'secret');
    const { key_withheld: why, ...said } = again.body;
    expect(said).toEqual(rest);
    expect(why).toMatch(/shown once/);
    const stored = await app.core.stores.directory`select * from request_answers`;
    expect(JSON.stringify(stored)).not.toContain(String(key));
  });

  test('is for the organization that asked: an agency does not meet the platform’s keys', async () => {
    const body = { name: 'Scoped' };
    const platform = await post('/v1/organizations', body, 'scoped');
    const agency = await post('/v1/organizations', body, 'scoped', all.agency.keys.agency);
    const other = await post('/v1/organizations', body, 'scoped', all.other.keys.agency);
    expect([platform, agency, other].map(replayed)).toEqual([false, false, false]);
    expect(agency.body.parent_id).toBe(all.agency.organizationId);
    expect(other.body.parent_id).toBe(all.other.organizationId);
  });

  test('is given only to a key that may still make such a thing', async () => {
    const body = { organization_id: all.client.organizationId, currency: 'eur' };
    await post('/v1/wallets', body, 'may', all.agency.keys.agency);
    const answer = await post('/v1/wallets', body, 'may', all.agency.keys.finance);
    expect(answer.status).toBe(403);
  });
});

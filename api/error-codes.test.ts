/**
 * Every error code is one that a real request is answered with: here, or in the test file that this
 * table names. A code that nobody can produce is documentation of something that does not exist.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../engine/index.ts';
import { type ApiAnswer, type TestApplication, testApplication } from './test/application.ts';
import { type ErrorStage, REFUSALS, REQUESTS } from './test/errors/requests.ts';
import { organization, tenants, wallet } from './test/tenants.ts';

/** Codes whose request needs more than a request: by the test file that has it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  rate_limited: 'api/http/rate-limit.test.ts',
  ledger_backlogged: 'api/routes/ledger-behind.test.ts',
  ledger_wait_timeout: 'api/routes/ledger-behind.test.ts',
  provider_refused: 'api/routes/dial.test.ts',
  card_not_saved: 'api/routes/auto-recharge.test.ts',
  stripe_refused: 'api/routes/top-ups.test.ts',
  stripe_unreachable: 'api/routes/top-ups.test.ts',
};

/** What is wrong on our side, produced below one by one. */
const TROUBLE = [
  'internal',
  'secret_key_missing',
  'postgres_unreachable',
  'shutting_down',
  'engine_full',
  'recovering',
  'redis_unreachable',
] as const satisfies readonly ErrorCode[];

let stage: ErrorStage;
beforeAll(async () => {
  const app = await testApplication();
  stage = { app, all: await tenants(app) };
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' },
  });
});
afterAll(() => stage.app.stop());

function expectCode(answer: ApiAnswer, code: string): void {
  const spec = ERRORS[code as ErrorCode];
  expect(answer.body).toMatchObject({ error: { code, type: spec.family } });
  expect(answer.status).toBe(spec.http);
}

describe('every error code', () => {
  test('is in one of the tables, and no other is', () => {
    const tables = [REFUSALS, REQUESTS, ELSEWHERE].flatMap((table) => Object.keys(table));
    expect([...tables, ...TROUBLE].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  test.each(Object.entries({ ...REFUSALS, ...REQUESTS }))('%s', async (code, ask) => {
    expectCode(await ask(stage), code);
  });

  test.each(Object.entries(ELSEWHERE))('%s is asserted in %s', (code, file) => {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(text).toContain(`code: '${code}'`);
  });
});

describe('a fault of ours', () => {
  test('internal says nothing of its cause', async () => {
    const { directory } = stage.app.core.stores;
    await directory`alter table api_keys rename to api_keys_away`;
    try {
      const answer = await stage.app.request('GET', '/v1/api_keys');
      expectCode(answer, 'internal');
      expect(answer.text).not.toMatch(/api_keys_away|relation|select/);
    } finally {
      await directory`alter table api_keys_away rename to api_keys`;
    }
  });

  test('postgres_unreachable: the connection of a query under way is lost', async () => {
    const { directory, ledger } = stage.app.core.stores;
    const answer = await ledger.begin(async (tx) => {
      await tx`lock table api_keys in access exclusive mode`;
      const asked = stage.app.request('GET', '/v1/api_keys');
      const waiting = async () => {
        const [row] = await directory<{ pid: number }[]>`
          select pid from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
            and query ilike '%api_keys%'`;
        return row?.pid;
      };
      await expect.poll(waiting).toBeTypeOf('number');
      await directory`select pg_terminate_backend(${(await waiting()) ?? 0})`;
      return asked;
    });
    expectCode(answer, 'postgres_unreachable');
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]/);
  });
});

describe('a process in trouble', () => {
  let app: TestApplication;
  let organizationId: string;
  let walletId: string;
  beforeAll(async () => {
    app = await testApplication({
      RINGFENCE_ROLE: 'api',
      RINGFENCE_LEDGER_WAIT_MS: '20000',
      RINGFENCE_SECRET_KEY: '',
    });
    organizationId = await organization(app, 'Acme');
    walletId = await wallet(app, organizationId);
    await put('bonus', 1_000);
  });
  afterAll(() => app.stop());

  const put = (kind: string, amountMicros: number) =>
    app.request('POST', `/v1/wallets/${walletId}/credits`, {
      body: { kind, amount_micros: amountMicros },
    });
  const charge = () =>
    app.request('POST', `/v1/wallets/${walletId}/charges`, { body: { amount_micros: 1 } });
  const codeOf = ({ body }: ApiAnswer) => (body.error as { code?: string } | undefined)?.code;

  test('secret_key_missing: this server has nothing to seal secrets with', async () => {
    const path = `/v1/provider_credentials/retell?organization_id=${organizationId}`;
    const answer = await app.request('PUT', path, { body: { api_key: 'a-key-of-the-test' } });
    expectCode(answer, 'secret_key_missing');
  });

  test('engine_full: Redis is short of memory', async () => {
    const redis = app.redis();
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', Math.round(used * 1.1));
    await expect.poll(async () => codeOf(await charge()), { timeout: 60_000 }).toBe('engine_full');
    expectCode(await charge(), 'engine_full');
    await redis.config('SET', 'maxmemory', '256mb');
    await expect.poll(async () => (await charge()).status, { timeout: 60_000 }).toBe(201);
  });

  test('recovering: the gate is closed', async () => {
    const duringRecovery = async () => {
      const closed = app.core.engine.closeGate('a test');
      const answer = await charge();
      await closed;
      if (codeOf(answer) === 'recovering') expectCode(answer, 'recovering');
      return codeOf(answer);
    };
    await expect.poll(duringRecovery, { timeout: 60_000 }).toBe('recovering');
    await expect.poll(async () => (await charge()).status, { timeout: 60_000 }).toBe(201);
  });

  test('shutting_down: the process stops while a deposit waits for the ledger', async () => {
    const before = await postedMicros();
    const pending = put('deposit', 7);
    // Once the money is there the request waits for its row, which no flusher of this process writes.
    await expect.poll(postedMicros).toBe(before + 7);
    app.core.ledgerWait.stop();
    expectCode(await pending, 'shutting_down');
  });

  test('redis_unreachable: Redis is away', async () => {
    await app.kill9Redis();
    await expect.poll(async () => codeOf(await charge())).toBe('redis_unreachable');
    expectCode(await charge(), 'redis_unreachable');
  });

  async function postedMicros(): Promise<number> {
    const { body } = await app.request('GET', `/v1/wallets/${walletId}`);
    return Number(body.posted_micros);
  }
});

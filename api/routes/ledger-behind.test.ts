/** A process without a flusher: what the API does while nothing reaches the ledger. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackground } from '../compose/background.ts';
import { createMetrics } from '../metrics.ts';
import { type TestApplication, testApplication } from '../test/application.ts';
import { testProcess } from '../test/process.ts';
import { apiKey, organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let organizationId: string;
let walletId: string;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_ROLE: 'api', RINGFENCE_LEDGER_WAIT_MS: '100' });
  organizationId = await organization(app, 'Acme');
  walletId = await wallet(app, organizationId);
});
afterAll(() => app.stop());

const deposit = () =>
  app.request('POST', `/v1/wallets/${walletId}/credits`, {
    body: { kind: 'deposit', amount_micros: 500 },
    idempotencyKey: 'the deposit',
  });

describe('while the ledger is behind', () => {
  test('a deposit that is not in the ledger in time is 503, and stands, once', async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await deposit();
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]/);
      expect(answer.body).toMatchObject({
        error: { type: 'outage', code: 'ledger_wait_timeout' },
      });
    }
    const read = await app.request('GET', `/v1/wallets/${walletId}`);
    expect(read.body).toMatchObject({ posted_micros: 500, sequence: 1, ledger_sequence: 0 });
  });

  test('past the backlog new charges are refused, and what ends things goes on', async () => {
    const held = await app.request('POST', '/v1/holds', {
      body: { wallet_id: walletId, amount_micros: 10 },
    });
    expect(held.status).toBe(201);
    const { REDIS_URL, DATABASE_URL } = app.core.config;
    const strict = await testProcess({
      ...{ REDIS_URL, DATABASE_URL, RINGFENCE_ROLE: 'api' },
      RINGFENCE_BACKLOG_MAX_AGE_SECONDS: '1',
    });
    const charge = () =>
      strict.request('POST', `/v1/wallets/${walletId}/charges`, { body: { amount_micros: 1 } });
    await expect
      .poll(async () => (await charge()).body, { timeout: 60_000 })
      .toMatchObject({ error: { code: 'ledger_backlogged' } });
    // Whether Postgres answers is asked anew each time, and not for long.
    await expect
      .poll(async () => (await strict.request('GET', '/readyz')).body)
      .toMatchObject({ checks: { flusher: 'behind', postgres: 'ok' } });
    expect((await strict.request('GET', '/readyz')).status).toBe(503);
    // Where no ledger has the hold yet, a key of its organization finds it.
    const key = await apiKey(app, 'organization', organizationId);
    const captured = await strict.request('POST', `/v1/holds/${held.body.id}/capture`, {
      key,
      body: { amount_micros: 10 },
    });
    expect(captured.status, captured.text).toBe(200);
    await strict.stop();
  });

  test('a flusher of another process catches up, and the replay is answered', async () => {
    const config = { ...app.core.config, RINGFENCE_ROLE: 'flusher' as const };
    const flusher = startBackground({ ...app.core, config }, createMetrics());
    await expect.poll(async () => (await deposit()).status, { timeout: 60_000 }).toBe(201);
    const answer = await deposit();
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
    expect(answer.body).toMatchObject({ wallet: { posted_micros: 500, sequence: 1 } });
    await flusher.stop();
  });
});

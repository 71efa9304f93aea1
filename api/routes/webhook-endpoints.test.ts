/** From a mutation to a receiver, through the whole process: engine, flusher, outbox, HTTP. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { EVENT_TYPES, EVENTS } from '../../notifications/index.ts';
import { type Receiver, receiver, verified } from '../../testing/webhook-receiver.ts';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let hooks: Receiver;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_ALLOW_LOCAL_WEBHOOKS: '1' });
});
beforeEach(async () => {
  hooks = await receiver();
  organizationId = await organization(app, 'With webhooks');
  return async () => {
    await hooks.close();
    for (const { event } of hooks.arrived) {
      const known = EVENT_TYPES.find((type) => type === event.type);
      if (known === undefined) throw new Error(`${event.type} is not in the catalogue`);
      EVENTS[known].data.strict().parse(event.data);
    }
  };
});
afterAll(() => app.stop());

async function made(path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await app.request('POST', path, { body });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body;
}

async function endpoint(events: string[], more: Record<string, unknown> = {}) {
  const body = { organization_id: organizationId, url: hooks.url, events, ...more };
  const answer = await made('/v1/webhook_endpoints', body);
  return { id: String(answer.id), secret: String(answer.secret) };
}

const charge = (walletId: string, amount: number) =>
  made(`/v1/wallets/${walletId}/charges`, { amount_micros: amount, overdraft: true });

const arrived = (count: number) =>
  vi.waitUntil(() => hooks.taken.length >= count, { timeout: 60_000 });

describe('an event', () => {
  test('goes from the mutation through the ledger to a signed POST, and into the log', async () => {
    const { id, secret } = await endpoint(['wallet.low_balance', 'wallet.depleted']);
    const walletId = await wallet(app, organizationId, 100, { low_balance_threshold_micros: 50 });
    await charge(walletId, 50);
    await charge(walletId, 50);
    await arrived(2);
    const [low, depleted] = hooks.taken;
    expect(low?.event).toMatchObject({
      type: 'wallet.low_balance',
      organization_id: organizationId,
      data: { wallet_id: walletId, available_micros: 50, level: 'low', sequence: 2 },
    });
    expect(depleted?.event).toMatchObject({
      type: 'wallet.depleted',
      data: { available_micros: 0, level: 'depleted', sequence: 3 },
    });
    if (low === undefined) throw new Error('nothing arrived');
    expect(verified(low, secret)).toEqual(low.event);
    const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(() => verified(low, other)).toThrow('No matching signature');
    const altered = {
      ...low,
      body: low.body.replace('"available_micros":50', '"available_micros":90'),
    };
    expect(() => verified(altered, secret)).toThrow('No matching signature');

    const listed = async () => {
      const log = await app.request('GET', `/v1/webhook_endpoints/${id}/deliveries`);
      return log.body.data as Record<string, unknown>[];
    };
    // A delivery arrives before its answer is written down.
    await expect.poll(listed).toMatchObject([
      { event_id: depleted?.id, state: 'delivered', attempts: 1, last_status: 204 },
      { event_id: low.id, state: 'delivered', attempts: 1, last_status: 204 },
    ]);
    const deliveries = await listed();
    const one = await app.request('GET', `/v1/webhook_deliveries/${String(deliveries[0]?.id)}`);
    expect(one.body.tries).toMatchObject([{ attempt: 1, status: 204, error: null, answer: '' }]);
    const health = await app.request('GET', `/v1/webhook_endpoints/${id}`);
    expect(health.body).toMatchObject({ status: 'enabled', failures: 0, disabled_reason: null });
    expect(health.body.last_success_at).not.toBeNull();
    expect(health.text).not.toContain('whsec');
  });

  test('goes where it is wanted: own, above with descendants, and the platform', async () => {
    const child = await organization(app, 'Below', { parent_id: organizationId });
    const stranger = await organization(app, 'Elsewhere');
    await endpoint(['wallet.depleted'], { url: `${hooks.url}/agency-alone` });
    await endpoint(['wallet.*'], { url: `${hooks.url}/agency`, include_descendants: true });
    await endpoint(['wallet.depleted'], { url: `${hooks.url}/own`, organization_id: child });
    await endpoint(['wallet.depleted'], {
      url: `${hooks.url}/stranger`,
      organization_id: stranger,
      include_descendants: true,
    });
    const platform = await made('/v1/webhook_endpoints', {
      url: `${hooks.url}/platform`,
      events: ['wallet.depleted'],
    });
    const walletId = await wallet(app, child, 10);
    await charge(walletId, 10);
    // The level that changed is the last event, and the agency wants it as well.
    await arrived(4);
    await app.request('DELETE', `/v1/webhook_endpoints/${String(platform.id)}`);
    const seen = hooks.taken.map(({ path, event }) => `${path} ${event.type}`);
    expect(seen.sort()).toEqual([
      '/hooks/agency wallet.depleted',
      '/hooks/agency wallet.level_changed',
      '/hooks/own wallet.depleted',
      '/hooks/platform wallet.depleted',
    ]);
  });

  test('of every entry and hold is written for who wants it, and for nobody else', async () => {
    const quiet = await organization(app, 'Quiet');
    await endpoint(['transaction.created', 'hold.*']);
    await wallet(app, quiet, 100);
    const walletId = await wallet(app, organizationId, 100);
    const hold = await made('/v1/holds', { wallet_id: walletId, amount_micros: 30 });
    await made(`/v1/holds/${String(hold.id)}/capture`, { amount_micros: 20 });
    await arrived(5);
    expect(hooks.taken.map(({ event }) => event)).toMatchObject([
      { type: 'transaction.created', data: { kind: 'deposit', amount_micros: 100 } },
      { type: 'transaction.created', data: { kind: 'hold', held_delta_micros: 30 } },
      { type: 'hold.authorized', data: { hold_id: hold.id, state: 'authorized' } },
      { type: 'transaction.created', data: { kind: 'capture', amount_micros: -20 } },
      { type: 'hold.captured', data: { legs: [{ wallet_id: walletId, captured_micros: 20 }] } },
    ]);
    const sql = app.core.stores.directory;
    const [row] =
      await sql`select count(*)::int as events from outbox where organization_id = ${quiet}`;
    expect(row).toEqual({ events: 0 });
  });
});

describe('a secret', () => {
  test('that is rotated signs beside the new one for a day', async () => {
    const { id, secret } = await endpoint(['wallet.depleted']);
    const rotated = await made(`/v1/webhook_endpoints/${id}/rotate_secret`, undefined);
    await made(`/v1/webhook_endpoints/${id}/test`, undefined);
    await arrived(1);
    const [taken] = hooks.taken;
    if (taken === undefined) throw new Error('nothing arrived');
    expect(taken.event.type).toBe('webhook.test');
    expect(verified(taken, secret)).toEqual(taken.event);
    expect(verified(taken, String(rotated.secret))).toEqual(taken.event);
    expect(taken.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(() =>
      new Webhook(secret).verify(taken.body, { ...taken.headers, 'webhook-id': 'x' }),
    ).toThrow();
  });

  test('is sealed in the database and shown once', async () => {
    const { id, secret } = await endpoint(['wallet.depleted']);
    const sql = app.core.stores.directory;
    const [row] = await sql<{ sealed: Buffer }[]>`
      select sealed from notification_endpoints where id = ${id}`;
    expect(row?.sealed.includes(Buffer.from(secret.slice(6), 'base64'))).toBe(false);
    expect(row?.sealed.includes(secret)).toBe(false);
    const list = await app.request(
      'GET',
      `/v1/webhook_endpoints?organization_id=${organizationId}`,
    );
    expect(list.text).not.toContain('whsec');
  });
});

describe('an endpoint', () => {
  test('that is disabled gets what it missed by a replay of the span', async () => {
    const { id } = await endpoint(['wallet.depleted']);
    const from = new Date(Date.now() - 60_000).toISOString();
    await app.request('PATCH', `/v1/webhook_endpoints/${id}`, { body: { status: 'disabled' } });
    const walletId = await wallet(app, organizationId, 10);
    await charge(walletId, 10);
    const sql = app.core.stores.directory;
    await vi.waitUntil(async () => {
      const rows = await sql`select 1 from outbox
        where subject = ${walletId} and type = 'wallet.depleted' and dispatched_at is not null`;
      return rows.length === 1;
    }, 60_000);
    await app.request('PATCH', `/v1/webhook_endpoints/${id}`, { body: { status: 'enabled' } });
    const replay = { from, events: ['wallet.*'] };
    expect(await made(`/v1/webhook_endpoints/${id}/replay`, replay)).toEqual({ replayed: 1 });
    await arrived(1);
    expect(hooks.taken[0]?.event.data.wallet_id).toBe(walletId);
    expect(await made(`/v1/webhook_endpoints/${id}/replay`, replay)).toEqual({ replayed: 0 });
    const path = `/v1/webhook_endpoints/${id}/deliveries?state=delivered`;
    const delivered = async () => (await app.request('GET', path)).body.data as { id: string }[];
    // It arrives before its answer is written down.
    await expect.poll(delivered).toHaveLength(1);
    const [delivery] = await delivered();
    await made(`/v1/webhook_deliveries/${delivery?.id}/replay`, undefined);
    await arrived(2);
    expect(hooks.taken[1]?.id).toBe(hooks.taken[0]?.id);
  });

  test('that answers 410 is sent nothing more', async () => {
    const { id } = await endpoint(['wallet.depleted']);
    hooks.answer(() => ({ status: 410 }));
    await made(`/v1/webhook_endpoints/${id}/test`, undefined);
    await vi.waitUntil(async () => {
      const { body } = await app.request('GET', `/v1/webhook_endpoints/${id}`);
      return body.status === 'disabled';
    }, 60_000);
    const { body } = await app.request('GET', `/v1/webhook_endpoints/${id}`);
    expect(body.disabled_reason).toBe('the receiver answered 410: gone');
    const log = await app.request('GET', `/v1/webhook_endpoints/${id}/deliveries`);
    expect(log.body.data).toMatchObject([{ state: 'cancelled', last_status: 410, attempts: 1 }]);
  });

  test.each([
    ['http://127.0.0.1:1/', 'url'],
    ['https://169.254.169.254/latest/meta-data', 'url'],
    ['https://10.1.2.3/', 'url'],
    ['https://user:secret@example.com/', 'url'],
    ['https://localhost/', 'url'],
    ['ftp://example.com/', 'url'],
    ['', 'url'],
  ])('at %s is refused', async (url, param) => {
    const strict = await testApplicationWithout();
    const answer = await strict.request('POST', '/v1/webhook_endpoints', {
      body: { url, events: ['*'] },
    });
    expect([answer.status, answer.body.error]).toMatchObject([400, { param }]);
    const made = await strict.request('GET', '/v1/webhook_endpoints');
    expect(made.body.data).toEqual([]);
  });

  test('is one of at most 50 of an organization, however many are made at once', async () => {
    const body = { organization_id: organizationId, url: hooks.url, events: ['call.final'] };
    const asked = Array.from({ length: 53 }, () =>
      app.request('POST', '/v1/webhook_endpoints', { body }),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    const refused = answers.find(({ status }) => status !== 201);
    expect([refused?.status, refused?.body.error]).toMatchObject([
      400,
      { code: 'invalid_request', message: expect.stringContaining('50 webhook endpoints') },
    ]);
    const other = await organization(app, 'Another');
    const own = await app.request('POST', '/v1/webhook_endpoints', {
      body: { ...body, organization_id: other },
    });
    expect(own.status).toBe(201);
  });

  test('with an unknown type is told which', async () => {
    const body = { organization_id: organizationId, url: hooks.url, events: ['wallet.low'] };
    const answer = await app.request('POST', '/v1/webhook_endpoints', { body });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('must be a type of docs/EVENTS.md');
  });
});

/** A process that lets nothing go to this machine. */
let strict: Promise<TestApplication> | undefined;
function testApplicationWithout(): Promise<TestApplication> {
  strict ??= testApplication();
  return strict;
}
afterAll(async () => (await strict)?.stop());

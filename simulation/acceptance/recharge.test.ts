/**
 * Auto-recharge by real processes: two that serve, two that write the ledger, one wallet that all of them
 * see cross its threshold, and one card at a simulated Stripe.
 */
import { afterEach, expect, test } from 'vitest';
import { testDatabase, testRedis } from '../../testing/services.ts';
import { type StripeSimulator, startStripe } from '../stripe/index.ts';
import { settled } from './client.ts';
import { createRingfence, PATIENT, type RingfenceProcess } from './ringfence.ts';

const API_KEY = 'sk_test_of_the_recharged';
const SECRET = 'whsec_of_the_recharged';
const UNIT = 1_000_000;
/** All of them at once. */
const CHARGES = 1_000;
const LIMIT_MS = 600_000;
const soon = { timeout: 180_000, interval: 100 };

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
}, 600_000);

interface World {
  readonly stripe: StripeSimulator;
  readonly apis: readonly [RingfenceProcess, RingfenceProcess];
}

async function world(): Promise<World> {
  const [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  stops.push(
    () => redis.stop(),
    () => database.drop(),
  );
  const stripe = await startStripe({ apiKey: API_KEY, retryDelaysMs: [500, 1_000, 2_000] });
  stops.push(() => stripe.stop());
  const env = {
    ...PATIENT,
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    STRIPE_API_KEY: API_KEY,
    STRIPE_BASE_URL: stripe.url,
    STRIPE_WEBHOOK_SECRET: SECRET,
  };
  const process = async (role: string) => {
    const ringfence = await createRingfence({ ...env, RINGFENCE_ROLE: role });
    stops.push(() => ringfence.end());
    await ringfence.start();
    return ringfence;
  };
  const [one, other] = await Promise.all(['api', 'api', 'flusher', 'flusher'].map(process));
  if (one === undefined || other === undefined) throw new Error('no process');
  stripe.control.setEndpoint({ url: `${one.url}/webhooks/stripe`, secret: SECRET });
  return { stripe, apis: [one, other] };
}

async function made({ client }: RingfenceProcess, path: string, body: unknown) {
  const answer = await client.post(path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}

/** A wallet that holds 1,100, is charged at 1,000 or under, and then gets 2,000. */
async function wallet({ stripe, apis: [api] }: World): Promise<string> {
  const organization = await made(api, '/v1/organizations', { name: 'Acme' });
  const { id } = await made(api, '/v1/wallets', {
    organization_id: organization.id,
    currency: 'usd',
  });
  const order = await made(api, `/v1/wallets/${id}/top_ups`, {
    amount_micros: 1_100 * UNIT,
    save_card: true,
    success_url: 'http://127.0.0.1/done',
  });
  const body = new URLSearchParams({ outcome: 'pay' });
  await fetch(String(order.url), { method: 'POST', body, redirect: 'manual' });
  await expect.poll(() => posted(api, id), soon).toBe(1_100 * UNIT);
  expect(stripe.control.intents()).toHaveLength(1);
  const set = await api.client.put(`/v1/wallets/${id}/auto_recharge`, {
    threshold_micros: 1_000 * UNIT,
    amount_micros: 2_000 * UNIT,
    cool_off_seconds: 0,
    return_url: 'http://127.0.0.1/billing',
  });
  expect(set.status, set.text).toBe(200);
  return String(id);
}

/** Repeated under its key where nobody answered: the machine has two cores. */
async function charge({ client }: RingfenceProcess, walletId: string, n: number): Promise<number> {
  const body = { amount_micros: UNIT };
  const path = `/v1/wallets/${walletId}/charges`;
  return (await settled(() => client.post(path, body, `charge ${n}`))).status;
}

const posted = async ({ client }: RingfenceProcess, walletId: unknown) =>
  (await client.get(`/v1/wallets/${walletId}`)).body.posted_micros;

/** Once the ledger has all that happened. */
async function recharged({ client }: RingfenceProcess, walletId: string) {
  const isLevel = async () => {
    const { body } = await client.get(`/v1/wallets/${walletId}`);
    return body.sequence === body.ledger_sequence;
  };
  await expect.poll(isLevel, soon).toBe(true);
  const path = `/v1/wallets/${walletId}/entries?kind=auto_recharge`;
  return (await client.get(path)).body.data as { amount_micros: number }[];
}

test(
  '1,000 charges at once through two processes: one charge of the card, one credit',
  async () => {
    const on = await world();
    const { apis, stripe } = on;
    const walletId = await wallet(on);
    const statuses = await Promise.all(
      Array.from({ length: CHARGES }, (_, n) => charge(apis[n % 2 === 0 ? 0 : 1], walletId, n)),
    );
    expect(new Set(statuses)).toEqual(new Set([201]));
    const inTheEnd = (1_100 - CHARGES + 2_000) * UNIT;
    await expect.poll(() => posted(apis[1], walletId), soon).toBe(inTheEnd);
    await expect.poll(() => stripe.control.counts().webhooks_pending, soon).toBe(0);
    const charged = stripe.control.intents().slice(1);
    expect(charged.map(({ status, amount }) => [status, amount])).toEqual([['succeeded', 200_000]]);
    expect(await recharged(apis[0], walletId)).toMatchObject([{ amount_micros: 2_000 * UNIT }]);
    const verified = await apis[0].command(['verify']);
    expect(verified, verified.text).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

test(
  'both killed -9 while Stripe has charged and not answered: one charge, credited when one is back',
  async () => {
    const on = await world();
    const { apis, stripe } = on;
    const walletId = await wallet(on);
    // Its events are lost too.
    stripe.control.setEndpoint({ url: 'http://127.0.0.1:9/', secret: SECRET });
    // Stripe charges, and its answer never comes.
    stripe.control.setFaults({ requests: { create: { timeout: 1 } } });
    await made(apis[0], `/v1/wallets/${walletId}/charges`, { amount_micros: 200 * UNIT });
    const all = () => stripe.control.intents().length;
    await expect.poll(all, { timeout: 60_000, interval: 20 }).toBe(2);
    const path = `/v1/top_ups?wallet_id=${walletId}&origin=auto_recharge`;
    expect((await apis[0].client.get(path)).body.data).toMatchObject([{ state: 'created' }]);
    await Promise.all(apis.map((api) => api.kill9()));
    stripe.control.setFaults({});
    await apis[1].start();
    await expect.poll(() => posted(apis[1], walletId), soon).toBe(2_900 * UNIT);
    expect(all()).toBe(2);
    expect(await recharged(apis[1], walletId)).toMatchObject([{ amount_micros: 2_000 * UNIT }]);
    const verified = await apis[1].command(['verify']);
    expect(verified, verified.text).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

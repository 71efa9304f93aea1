/**
 * A process that is told of a payment and killed (kill -9) before or after the money moved, and before
 * it has said so: another one credits it, once. All of it real: the processes, Redis, Postgres, and
 * Stripe's events, which come again.
 */
import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import {
  type FailingDoor,
  failingDoor,
  redisFrames,
  type TestDatabase,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { type StripeSimulator, startStripe } from '../stripe/index.ts';
import { createRingfence, type RingfenceProcess } from './ringfence.ts';

const API_KEY = 'sk_test_of_the_killed';
const SECRET = 'whsec_of_the_killed';
const TOP_UP = 25_000_000;
const LIMIT_MS = 600_000;
const soon = { timeout: 180_000 };

const stops: (() => Promise<unknown>)[] = [];
/** All of them, whatever one says: what is left behind would run on for ever. */
afterEach(async () => {
  const faults: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) {
    await stop().catch((error: unknown) => faults.push(error));
  }
  expect(faults).toEqual([]);
}, 300_000);

interface World {
  /** Before Redis, for all of them. */
  door: FailingDoor;
  database: TestDatabase;
  stripe: StripeSimulator;
  /** Serves requests and nothing else. */
  victim: RingfenceProcess;
  /** Serves, flushes, and takes up what others left. */
  survivor: RingfenceProcess;
}

async function world(): Promise<World> {
  const [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  stops.push(
    () => redis.stop(),
    () => database.drop(),
  );
  const door = await failingDoor(redis.url, redisFrames);
  stops.push(() => door.stop());
  const stripe = await startStripe({ apiKey: API_KEY, retryDelaysMs: [500, 1_000, 2_000] });
  stops.push(() => stripe.stop());
  const stores = {
    REDIS_URL: door.url,
    DATABASE_URL: database.url,
    STRIPE_API_KEY: API_KEY,
    STRIPE_BASE_URL: stripe.url,
    STRIPE_WEBHOOK_SECRET: SECRET,
    RINGFENCE_LEDGER_WAIT_MS: '60000',
    // The lists are not to help here.
    RINGFENCE_RECONCILE_SECONDS: '86400',
  };
  const survivor = await started(stores);
  const victim = await started({ ...stores, RINGFENCE_ROLE: 'api' });
  const url = `${victim.url}/webhooks/stripe`;
  stripe.control.setEndpoint({ url, secret: SECRET });
  return { door, database, stripe, victim, survivor };
}

async function started(env: Readonly<Record<string, string>>): Promise<RingfenceProcess> {
  const ringfence = await createRingfence(env);
  stops.push(() => ringfence.end());
  await ringfence.start();
  return ringfence;
}

async function made({ client }: RingfenceProcess, path: string, body: unknown) {
  const answer = await client.post(path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}

const postedIn = async ({ client }: RingfenceProcess, walletId: unknown) =>
  (await client.get(`/v1/wallets/${walletId}`)).body.posted_micros;

test(
  'a process that stands still ends as soon as it is told to',
  async () => {
    const { survivor } = await world();
    survivor.pause();
    // It rejects when the process had to be killed.
    await expect(survivor.end()).resolves.toBeUndefined();
  },
  LIMIT_MS,
);

test.each(['before', 'after'])(
  'killed %s the money moved: credited once',
  async (when) => {
    const { door, database, stripe, victim, survivor } = await world();
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    stops.push(() => sql.end());
    const organization = await made(victim, '/v1/organizations', { name: 'Acme' });
    const wallet = await made(victim, '/v1/wallets', {
      organization_id: organization.id,
      currency: 'usd',
    });
    const order = await made(victim, `/v1/wallets/${wallet.id}/top_ups`, {
      amount_micros: TOP_UP,
      success_url: 'http://127.0.0.1/done',
    });
    // Nothing is credited while Redis waits; nothing is in the ledger while the flusher stands still.
    if (when === 'before') door.hold();
    else survivor.pause();
    await fetch(String(order.url), {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'pay' }),
      redirect: 'manual',
    });
    const decided = async () =>
      (await sql`select done_at from payment_movements`).map((row) => row.done_at);
    await expect.poll(decided, { ...soon, interval: 20 }).toEqual([null]);
    if (when === 'after') {
      await expect.poll(() => postedIn(victim, wallet.id), soon).toBe(TOP_UP);
    }
    await victim.kill9();
    expect(await decided()).toEqual([null]);
    if (when === 'before') door.release();
    else survivor.resume();

    const state = async () => (await survivor.client.get(`/v1/top_ups/${order.id}`)).body.state;
    await expect.poll(state, soon).toBe('succeeded');
    stripe.control.setEndpoint({ url: `${survivor.url}/webhooks/stripe`, secret: SECRET });
    for (const { id } of stripe.control.events()) stripe.control.resend(id);
    await expect.poll(() => stripe.control.counts().webhooks_pending, soon).toBe(0);
    expect(await postedIn(survivor, wallet.id)).toBe(TOP_UP);
    const { body } = await survivor.client.get(`/v1/wallets/${wallet.id}/entries`);
    expect(body.data).toMatchObject([{ kind: 'deposit', amount_micros: TOP_UP }]);
    const verified = await survivor.command(['verify']);
    expect(verified, verified.text).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

/**
 * 10,000 mutations of a balance that wobbles around its threshold, two flusher processes, one of them
 * killed (kill -9) and started again: each crossing is written once, and told to a receiver that checks
 * signatures in the order of the ledger.
 * What is to be told is worked out from the ledger's own balances, by the documented lines alone.
 */
import postgres from 'postgres';
import { afterEach, expect, test, vi } from 'vitest';
import { testDatabase, testRedis } from '../../testing/services.ts';
import { receiver, verified } from '../../testing/webhook-receiver.ts';
import { expected, freshKey, settled } from './client.ts';
import { createRingfence, PATIENT, type RingfenceProcess } from './ringfence.ts';
import { organization, wallet } from './tenants.ts';

const MUTATIONS = 10_000;
const CLIENTS = 24;
const THRESHOLD = 1_000_000;
/** Resolved above it and a tenth of it. */
const RESOLVED_ABOVE = 1_100_000;
/** Now inside the band, now beyond it. */
const STEP = 150_000;
const KILLS = 4;
const LIMIT_MS = 900_000;
const soon = { timeout: 300_000 };

const stops: (() => Promise<unknown>)[] = [];
/** All of them, whatever one says. */
afterEach(async () => {
  const faults: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) {
    await stop().catch((error: unknown) => faults.push(error));
  }
  expect(faults).toEqual([]);
}, 600_000);

async function processes(): Promise<{
  api: RingfenceProcess;
  flushers: RingfenceProcess[];
  databaseUrl: string;
}> {
  const [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  stops.push(
    () => redis.stop(),
    () => database.drop(),
  );
  const inRole = async (role: string) => {
    const ringfence = await createRingfence({
      ...PATIENT,
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      RINGFENCE_ROLE: role,
      RINGFENCE_SECRET_KEY: Buffer.alloc(32, 'wobbling').toString('base64'),
      RINGFENCE_ALLOW_LOCAL_WEBHOOKS: '1',
    });
    stops.push(() => ringfence.end());
    return ringfence;
  };
  const [api, ...flushers] = [
    await inRole('api'),
    await inRole('flusher'),
    await inRole('flusher'),
  ];
  // The API is ready when a flusher flushes.
  await Promise.all([api, ...flushers].map((one) => one.start()));
  return { api, flushers, databaseUrl: database.url };
}

/** `low_balance 17`: what the ledger's balances call for, by their sequence. */
function crossings(balances: readonly { sequence: number; posted: number }[]): string[] {
  const told: string[] = [];
  let isLow = false;
  for (const { sequence, posted } of balances) {
    if (!isLow && posted <= THRESHOLD) told.push(`wallet.low_balance ${sequence}`);
    else if (isLow && posted > RESOLVED_ABOVE) told.push(`wallet.low_balance_resolved ${sequence}`);
    else continue;
    isLow = !isLow;
  }
  return told;
}

test(
  'a balance that wobbles is told of once for each crossing, with two flushers, both killed again and again',
  async () => {
    const { api, flushers, databaseUrl } = await processes();
    const hooks = await receiver();
    stops.push(() => hooks.close());
    const { client } = api;
    const organizationId = await organization(client);
    const walletId = await wallet(client, organizationId, 2 * THRESHOLD, {
      low_balance_threshold_micros: THRESHOLD,
    });
    const types = ['wallet.low_balance', 'wallet.low_balance_resolved'];
    const body = { organization_id: organizationId, url: hooks.url, events: types };
    const endpoint = expected(201, 'endpoint', await client.post('/v1/webhook_endpoints', body));

    let left = MUTATIONS;
    let level = 2 * THRESHOLD;
    const work = async () => {
      while (left > 0) {
        left -= 1;
        // Towards the threshold, and as often past it: the order of arrival is whatever it is.
        const amount = Math.ceil(Math.random() * STEP);
        const isCharge = level > THRESHOLD;
        level += isCharge ? -amount : amount;
        const path = `/v1/wallets/${walletId}/${isCharge ? 'charges' : 'credits'}`;
        const fields = isCharge ? { overdraft: true } : { kind: 'bonus' };
        const body = { amount_micros: amount, ...fields };
        const key = freshKey('wobble');
        const answer = await settled(() => client.post(path, body, key));
        expect(answer.status, answer.text).toBe(201);
      }
    };
    const killed = async () => {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await expect
          .poll(() => left, { timeout: LIMIT_MS, interval: 5 })
          .toBeLessThan(MUTATIONS - (kill * MUTATIONS) / (KILLS + 1));
        const victim = flushers[kill % flushers.length];
        await victim?.kill9();
        await victim?.start();
      }
    };
    await Promise.all([killed(), ...Array.from({ length: CLIENTS }, work)]);

    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    stops.push(() => sql.end());
    const balances = async () =>
      (await sql`select sequence::int, posted_after_micros::float8 as posted from ledger_entries
        where wallet_id = ${walletId} order by sequence`) as unknown as {
        sequence: number;
        posted: number;
      }[];
    const { sequence } = expected(200, 'wallet', await client.get(`/v1/wallets/${walletId}`));
    await expect.poll(async () => (await balances()).at(-1)?.sequence, soon).toBe(sequence);
    const wanted = crossings(await balances());
    expect(wanted.length).toBeGreaterThan(100);
    const outbox = await sql`select type, (data ->> 'sequence')::int as sequence from outbox
      where subject = ${walletId} and type = any(${types}) order by position`;
    expect(outbox.map((one) => `${one.type} ${one.sequence}`)).toEqual(wanted);

    // One after the other, as it is one wallet: what has arrived by now are the first of them. What the
    // killed one had in hand comes a second time, after its lease.
    await expect.poll(() => hooks.taken.length, soon).toBeGreaterThan(20);
    const arrived = new Map(hooks.taken.map((one) => [one.id, one]));
    const inOrder = [...arrived.values()].map(
      ({ event }) => `${event.type} ${event.data.sequence}`,
    );
    expect(inOrder).toEqual(wanted.slice(0, inOrder.length));
    try {
      for (const one of arrived.values()) {
        // The run may take longer than a signature is good for.
        vi.setSystemTime(Number(one.headers['webhook-timestamp']) * 1_000);
        expect(verified(one, String(endpoint.secret))).toEqual(one.event);
      }
    } finally {
      vi.useRealTimers();
    }
    expect(await api.command(['verify'])).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

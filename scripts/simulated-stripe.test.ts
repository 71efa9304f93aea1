/** `npm start` without a key of Stripe's takes payments of a simulated one, and says so. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../testing/services.ts';
import { provideStripe } from './simulated-stripe.mjs';

const BOOTSTRAP = new URL('./bootstrap.mjs', import.meta.url).pathname;
const KEY = 'rf_admin_of_the_start_test';
const LIMIT_MS = 300_000;

let redis: TestRedis;
let database: TestDatabase;
let dir: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-start-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await redis?.stop();
  await database?.drop();
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
});

/** Starts it, and answers where it and its Stripe listen. */
async function started() {
  const { STRIPE_API_KEY: _key, STRIPE_WEBHOOK_SECRET: _secret, ...rest } = process.env;
  const child = spawn(process.execPath, [BOOTSTRAP, 'start'], {
    env: {
      ...rest,
      NODE_ENV: '',
      PORT: '0',
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      RINGFENCE_DATA_DIR: dir,
      RINGFENCE_ADMIN_KEY: KEY,
      RINGFENCE_LOG_LEVEL: 'silent',
      RINGFENCE_LEDGER_WAIT_MS: '60000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += String(data);
  });
  const found = () => /Stripe is simulated at (http:\S+):/.exec(printed)?.[1];
  await expect.poll(found, { timeout: LIMIT_MS }).toBeDefined();
  expect(printed).toContain('no money moves');
  return { child, url: /url +(http:\S+)/.exec(printed)?.[1] ?? '', stripe: found() ?? '' };
}

async function call(url: string, method: string, body?: unknown) {
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    'idempotency-key': `start-${url}`,
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers, ...sent });
  return (await answer.json()) as Record<string, unknown>;
}

test.each([
  ['SIGTERM', [0, null]],
  ['SIGKILL', [null, 'SIGKILL']],
] as const)(
  'a top-up is paid on its page and credited; after %s nothing of it is left',
  async (signal, end) => {
    const { child, url, stripe } = await started();
    const made = await call(`${url}/v1/organizations`, 'POST', { name: signal });
    const wallet = await call(`${url}/v1/wallets`, 'POST', {
      organization_id: made.id,
      currency: 'usd',
    });
    const topUp = await call(`${url}/v1/wallets/${wallet.id}/top_ups`, 'POST', {
      amount_micros: 25_000_000,
      success_url: 'http://127.0.0.1/',
    });
    expect(topUp.url).toContain(stripe);
    await fetch(String(topUp.url), {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'pay' }),
      redirect: 'manual',
    });
    const read = () => call(`${url}/v1/top_ups/${topUp.id}`, 'GET');
    await expect.poll(read, { timeout: 60_000 }).toMatchObject({ state: 'succeeded' });
    const posted = async () => (await call(`${url}/v1/wallets/${wallet.id}`, 'GET')).posted_micros;
    expect(await posted()).toBe(25_000_000);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual(end);
    await expect(fetch(stripe)).rejects.toThrow();
  },
  LIMIT_MS,
);

test.each([
  { STRIPE_API_KEY: 'sk_live' },
  { STRIPE_WEBHOOK_SECRET: 'whsec' },
  { STRIPE_BASE_URL: 'http://127.0.0.1:9' },
  { NODE_ENV: 'production' },
  { RINGFENCE_ROLE: 'flusher' },
])('with %j there is none', async (env) => {
  const before = { ...env };
  expect(await provideStripe(env)).toBeUndefined();
  expect(env).toEqual(before);
});

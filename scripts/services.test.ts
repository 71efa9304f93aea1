import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processIdentity, waitUntil } from './processes.mjs';
import { readServices, servicesOwner } from './services.mjs';

const MODULE = new URL('./services.mjs', import.meta.url).href;
const HOST = `
  const { startServices } = await import(${JSON.stringify(MODULE)});
  try {
    const { stop } = await startServices(process.argv[1], { redis: true, postgres: true });
    process.once('SIGTERM', () => stop().then(() => process.exit(0)));
    console.log('running');
  } catch (error) {
    console.log(error.message);
  }
`;

let dir: string;
const hosts: ChildProcess[] = [];
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-services-'));
  fs.chmodSync(dir, 0o755);
});
afterAll(async () => {
  for (const host of hosts) host.kill('SIGKILL');
  await waitUntil(() => alive() === 0, 60_000);
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** Starts the services in a process of their own, as `npm start` would; answers its first line. */
async function host(): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOST, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, RINGFENCE_REDIS_MAXMEMORY: '64mb' },
  });
  hosts.push(child);
  const [data] = await once(child.stdout, 'data');
  return { child, line: String(data).trim() };
}

function running() {
  const file = readServices(dir);
  if (file?.redis === undefined || file.postgres === undefined) throw new Error('no services');
  return { owner: file.owner, redis: file.redis, postgres: file.postgres };
}

function alive(): number {
  const { redis, postgres: database } = running();
  return [redis.pid, database.pid].filter((pid) => processIdentity(pid) !== '').length;
}

async function withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(running().redis.url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => {});
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

test('one directory runs one Ringfence; its servers die with it, come back when killed, keep data', async () => {
  const first = await host();
  expect(first.line).toBe('running');
  const before = running();
  expect(servicesOwner(dir)).toBe(first.child.pid);
  await withRedis((redis) => redis.set('kept', 'yes'));
  const sql = postgres(before.postgres.url, { max: 1 });
  await sql`CREATE TABLE kept AS SELECT 1 AS one`;
  await sql.end();

  const second = await host();
  expect(second.line).toContain(`in use by Ringfence, process ${first.child.pid}`);

  process.kill(before.redis.pid, 'SIGKILL');
  await expect.poll(() => running().redis.pid, { timeout: 60_000 }).not.toBe(before.redis.pid);
  expect(running().redis.url).toBe(before.redis.url);
  await expect.poll(() => withRedis((redis) => redis.ping()), { timeout: 60_000 }).toBe('PONG');

  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const third = await host();
  expect(third.line).toBe('running');
  expect(running()).toMatchObject({
    owner: third.child.pid,
    redis: { url: before.redis.url },
    postgres: { url: before.postgres.url },
  });
  const again = postgres(before.postgres.url, { max: 1 });
  expect(await again`SELECT one FROM kept`).toEqual([{ one: 1 }]);
  await again.end();

  third.child.kill('SIGTERM');
  await once(third.child, 'exit');
  expect(servicesOwner(dir)).toBeUndefined();
  expect(alive()).toBe(0);
}, 180_000);

test('a process killed with -9 leaves no server behind, even if nobody starts again', async () => {
  const { child, line } = await host();
  expect(line).toBe('running');
  expect(await withRedis((redis) => redis.ping())).toBe('PONG');
  expect(alive()).toBe(2);
  child.kill('SIGKILL');
  await expect.poll(alive, { timeout: 60_000 }).toBe(0);
}, 180_000);

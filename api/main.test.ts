import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../testing/services.ts';
import { main, type Running } from './main.ts';

let redis: TestRedis;
let database: TestDatabase;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  folder = mkdtempSync(join(tmpdir(), 'ringfence-main-'));
  env = {
    PORT: '0',
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    RINGFENCE_DEV: '1',
    RINGFENCE_DATA_DIR: folder,
    RINGFENCE_PARTITIONS: '4',
    // The first of the calls that are printed is a deposit, which waits for the ledger.
    RINGFENCE_LEDGER_WAIT_MS: '60000',
    RINGFENCE_LOG_LEVEL: 'silent',
  };
});
afterAll(async () => {
  await redis.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** Runs Ringfence and answers what it printed. */
async function started(): Promise<{ running: Running; printed: string }> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    return { running: await main(env), printed };
  } finally {
    write.mockRestore();
  }
}

/** The printed curl calls, as requests. */
function callsOf(
  printed: string,
): { url: string; headers: Record<string, string>; body: string }[] {
  return printed
    .split('curl ')
    .slice(1)
    .map((command) => ({
      url: /http:\S+/.exec(command)?.[0] ?? '',
      headers: Object.fromEntries(
        [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map((match) => [match[1], match[2]]),
      ),
      body: /-d '([^']+)'/.exec(command)?.[1] ?? '',
    }));
}

describe('main', () => {
  test('the printed calls work in order, and again after a restart', async () => {
    for (let run = 0; run < 2; run++) {
      const { running, printed } = await started();
      const statuses: number[] = [];
      for (const { url, headers, body } of callsOf(printed)) {
        const answer = await fetch(url, { method: 'POST', headers, body });
        statuses.push(answer.status);
        await answer.text();
      }
      await running.stop();
      expect(statuses).toEqual([201, 201, 402]);
    }
  });

  test('a stop finishes the request under way, then takes no more', async () => {
    const { running, printed } = await started();
    const [deposit] = callsOf(printed);
    if (deposit === undefined) throw new Error('no call was printed');
    const pending = fetch(deposit.url, { method: 'POST', ...deposit });
    expect((await fetch(`${running.url}/healthz`)).ok).toBe(true);
    const stopped = running.stop();
    expect((await pending).status).toBe(201);
    await stopped;
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow();
  });

  test('a taken port is named, and nothing is left running', async () => {
    const { running } = await started();
    const port = new URL(running.url).port;
    await expect(main({ ...env, PORT: port })).rejects.toThrow(`PORT ${port} is in use`);
    await running.stop();
  });

  test('too many bytes of headers, and a request that is no HTTP, are turned away', async () => {
    const { running } = await started();
    const long = await fetch(`${running.url}/healthz`, { headers: { long: 'x'.repeat(20_000) } });
    expect(long.status).toBe(431);
    expect(await long.json()).toMatchObject({ error: { code: 'invalid_request' } });
    expect(await statusOf(running.url, 'evil host/../')).toBe(400);
    await running.stop();
  });

  test('another number of partitions than the first one is refused with the mend', async () => {
    await expect(main({ ...env, RINGFENCE_PARTITIONS: '8' })).rejects.toThrow(/Set it to 4/);
  });
});

function statusOf(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/healthz`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });
}

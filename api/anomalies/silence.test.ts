/** Redis says nothing and closes nothing: it hangs, or the network has lost the connections without a word. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCluster } from '../../testing/redis.ts';
import {
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { type SilentDoor, silentDoor } from '../../testing/silent-door.ts';
import { countTurns } from '../../testing/turns.ts';
import { type ApiAnswer, type TestProcess, testProcess } from '../test/process.ts';
import { organization, wallet } from '../test/tenants.ts';

const FUNDS = 1_000_000;
/** In turns of 10 ms. The engine waits 5 s for an answer. */
const ANSWERED_TURNS = 900;
const PATIENT = { timeout: 60_000, interval: 100 };
const LONG_MS = 300_000;

let database: TestDatabase;
let redis: TestRedis;
let door: SilentDoor;
let app: TestProcess;
let walletId: string;
beforeAll(async () => {
  if (isCluster) return;
  [database, redis] = await Promise.all([testDatabase(), testRedis()]);
  door = await silentDoor(redis.url);
  app = await testProcess({ REDIS_URL: door.url, DATABASE_URL: database.url });
  walletId = await wallet(app, await organization(app, 'Payer'), FUNDS);
});
afterAll(async () => {
  if (isCluster) return;
  await app.stop();
  await door.stop();
  await redis.stop();
  await database.drop();
});

const charge = (key: string) =>
  app.request('POST', `/v1/wallets/${walletId}/charges`, {
    body: { amount_micros: 1_000 },
    idempotencyKey: key,
  });

async function timed(work: () => Promise<ApiAnswer>) {
  const turns = countTurns();
  const { status, body } = await work();
  const code = (body.error as { code?: string } | undefined)?.code;
  return { status, code, turns: turns.stop() };
}

/** Every one of the charges once, in Redis and in the ledger. */
async function areCharged(charges: number): Promise<void> {
  const look = () => app.request('GET', `/v1/wallets/${walletId}`).then(({ body }) => body);
  await expect
    .poll(look, PATIENT)
    .toMatchObject({ posted_micros: FUNDS - charges * 1_000, ledger_sequence: 1 + charges });
  const { body } = await app.request('GET', `/v1/wallets/${walletId}/entries?kind=charge`);
  expect(body.data).toHaveLength(charges);
}

describe.skipIf(isCluster)('a Redis that says nothing', () => {
  test(
    'and hangs: 503 within the time of a command; what was asked meanwhile is there once, nothing is lost',
    async () => {
      expect((await charge('before')).status).toBe(201);
      const beside = await redis.connect();
      const pid = Number(/process_id:(\d+)/.exec(await beside.info('server'))?.[1]);
      beside.disconnect();
      process.kill(pid, 'SIGSTOP');
      try {
        const [one, two] = await Promise.all([
          timed(() => charge('during-1')),
          timed(() => charge('during-2')),
        ]);
        for (const answer of [one, two]) {
          expect(answer).toMatchObject({ status: 503, code: 'redis_unreachable' });
          expect(answer.turns).toBeLessThan(ANSWERED_TURNS);
        }
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      for (const key of ['before', 'during-1', 'during-2', 'after']) {
        await expect.poll(async () => (await charge(key)).status, PATIENT).toBe(201);
      }
      await areCharged(4);
    },
    LONG_MS,
  );

  test(
    'because its connections are lost: they are made anew, by the flusher too',
    async () => {
      door.silence();
      const lost = await timed(() => charge('lost'));
      expect(lost).toMatchObject({ status: 503, code: 'redis_unreachable' });
      expect(lost.turns).toBeLessThan(ANSWERED_TURNS);
      for (const key of ['lost', 'after-lost']) {
        await expect.poll(async () => (await charge(key)).status, PATIENT).toBe(201);
      }
      await areCharged(6);
    },
    LONG_MS,
  );
});

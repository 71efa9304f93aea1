/** Money is moved once, whichever request of it to Redis or Postgres fails. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { amounts, DEPOSIT, expectVerified, level, type Places, places } from './test/accounts.ts';
import {
  type HurtStage,
  hurtStage,
  STORES,
  type Subject,
  settled,
  TRY_ALL_MS,
  tryAll,
} from './test/hurt.ts';

let stage: HurtStage;
let on: Places;
beforeAll(async () => {
  stage = await hurtStage();
  on = await places(stage);
}, 180_000);
afterAll(() => stage.stop());

let keys = 0;

async function charge(): Promise<Subject> {
  const { walletId } = await on.payer();
  const idempotencyKey = `charge ${keys++}`;
  const body = { amount_micros: 700, wait_for: 'ledger' };
  return {
    async act({ request }) {
      const path = `/v1/wallets/${walletId}/charges`;
      return settled(await request('POST', path, { body, idempotencyKey }), 201);
    },
    async check() {
      expect(await level(stage, walletId)).toMatchObject({ posted_micros: DEPOSIT - 700 });
      expect(await amounts(stage, walletId, 'charge')).toEqual([-700]);
    },
  };
}

async function transfer(wallet: () => Promise<string>): Promise<Subject> {
  const [{ walletId: from }, to] = await Promise.all([on.payer(), wallet()]);
  const idempotencyKey = `transfer ${keys++}`;
  const body = { from_wallet_id: from, to_wallet_id: to, amount_micros: 900 };
  return {
    async act({ request }) {
      const answer = await request('POST', '/v1/transfers', { body, idempotencyKey });
      // A saga that was interrupted is told as what it is, and taken up by whoever asks next.
      return settled(answer, 201) && answer.body.state === 'completed';
    },
    async check() {
      expect(await level(stage, from)).toMatchObject({ posted_micros: DEPOSIT - 900 });
      expect(await level(stage, to)).toMatchObject({ posted_micros: 900 });
      const moved = [await amounts(stage, from, 'transfer'), await amounts(stage, to, 'transfer')];
      expect(moved).toEqual([[-900], [900]]);
    },
  };
}

describe.each(STORES)('%s fails at every request of', (store) => {
  test.each([
    ['a charge', charge, 1],
    ['a transfer inside a partition', () => transfer(() => on.beside()), 1],
    ['a transfer across partitions', () => transfer(() => on.elsewhere()), 2],
  ] as const)(
    '%s: it is made once',
    async (_, subject, least) => {
      for (const failed of await tryAll(stage, store, subject)) {
        expect(failed).toBeGreaterThanOrEqual(least);
      }
    },
    TRY_ALL_MS,
  );
});

test('afterwards Redis, ledger and snapshots agree', () => expectVerified(stage));

/** Money is moved once, whichever request of it to Redis or Postgres fails. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wallet } from '../test/tenants.ts';
import { walletElsewhere } from '../transfers/test/stage.ts';
import { amounts, DEPOSIT, expectVerified, level, payer } from './test/accounts.ts';
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
beforeAll(async () => {
  stage = await hurtStage();
}, 60_000);
afterAll(() => stage.stop());

let keys = 0;

async function charge(): Promise<Subject> {
  const { walletId } = await payer(stage);
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

async function transfer(walletOf: (from: string) => Promise<string>): Promise<Subject> {
  const { walletId: from } = await payer(stage);
  const to = await walletOf(from);
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

async function beside(from: string): Promise<string> {
  const { body } = await stage.sound.request('GET', `/v1/wallets/${from}`);
  return await wallet(stage.sound, String(body.organization_id));
}

describe.each(STORES)('%s fails at every request of', (store) => {
  test.each([
    ['a charge', charge, 1],
    ['a transfer inside a partition', () => transfer(beside), 1],
    [
      'a transfer across partitions',
      () => transfer((from) => walletElsewhere(stage.sound, from)),
      2,
    ],
  ] as const)(
    '%s: it is made once',
    async (_, subject, least) => {
      for (const failed of await tryAll(stage, store, subject)) {
        expect(failed).toBeGreaterThanOrEqual(least);
      }
      await expectVerified(stage);
    },
    TRY_ALL_MS,
  );
});

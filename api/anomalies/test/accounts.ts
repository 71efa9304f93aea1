/** Who pays in these tests, and what the books say afterwards. */
import { createSecretKey } from 'node:crypto';
import { expect } from 'vitest';
import { type Difference, verify } from '../../../persistence/index.ts';
import type { TestProcess } from '../../test/process.ts';
import { organization, wallet } from '../../test/tenants.ts';
import { walletElsewhere } from '../../transfers/test/stage.ts';
import { PATIENT } from './hurt.ts';

/** $0.60 a minute at 1/1: a second costs 10,000 micros. */
export const SECOND = 10_000;
export const DEPOSIT = 1_000 * SECOND;

/** Who is asked what came of it. */
export interface Witness {
  readonly sound: TestProcess;
}

export interface Payer {
  readonly organizationId: string;
  readonly walletId: string;
}

/** Two organizations whose wallets lie in different partitions. */
export interface Places {
  /** A new wallet of the first, with money. */
  payer(): Promise<Payer>;
  /** A new, empty wallet of the same organization. */
  beside(): Promise<string>;
  /** A new, empty wallet in another partition. */
  elsewhere(): Promise<string>;
}

export async function places({ sound }: Witness): Promise<Places> {
  const organizationId = await organization(sound, 'Payer');
  const first = await wallet(sound, organizationId);
  const far = await sound.core.directory.wallets.get(await walletElsewhere(sound, first));
  if (far === undefined) throw new Error('no wallet elsewhere');
  return {
    payer: async () => ({
      organizationId,
      walletId: await wallet(sound, organizationId, DEPOSIT),
    }),
    beside: () => wallet(sound, organizationId),
    elsewhere: () => wallet(sound, far.organizationId),
  };
}

export async function priced({ sound }: Witness): Promise<void> {
  const rate = { unit: 'minute', rate_micros_per_minute: 60 * SECOND, increment: '1/1' };
  const body = { ...rate, currency: 'usd' };
  const answer = await sound.request('PUT', '/v1/prices/voice_minute', { body });
  expect(answer.status, answer.text).toBe(200);
}

/** The wallet, once all of it is in the ledger. */
export async function level({ sound }: Witness, walletId: string) {
  const read = async () => (await sound.request('GET', `/v1/wallets/${walletId}`)).body;
  await expect
    .poll(async () => {
      const { sequence, ledger_sequence } = await read();
      return sequence === ledger_sequence;
    }, PATIENT)
    .toBe(true);
  return await read();
}

/** The amounts of the wallet's entries of a kind: each effect has to be there once. */
export async function amounts({ sound }: Witness, walletId: string, kind: string) {
  const path = `/v1/wallets/${walletId}/entries?kind=${kind}`;
  const { data } = (await sound.request('GET', path)).body;
  return (data as { amount_micros: number }[]).map((entry) => entry.amount_micros);
}

/** A call was paid once by its only payer, and nothing is held any more. */
export async function expectPaid(
  stage: Witness,
  walletId: string,
  micros: number,
  depositMicros = DEPOSIT,
) {
  expect(await level(stage, walletId)).toMatchObject({
    posted_micros: depositMicros - micros,
    held_micros: 0,
    live_calls: 0,
  });
  expect(await amounts(stage, walletId, 'capture')).toEqual([-micros]);
}

/** Redis, ledger and snapshots agree, whoever died in between. */
export async function expectVerified({ sound }: Witness): Promise<void> {
  const { config, stores, engine } = sound.core;
  const chainKey = createSecretKey(Buffer.from(config.RINGFENCE_LEDGER_KEY, 'utf8'));
  const found: Difference[] = [];
  const input = { sql: stores.ledger, chainKey, redis: engine };
  for await (const difference of verify(input)) found.push(difference);
  expect(found).toEqual([]);
}

/** Who pays in these tests, and what the books say afterwards. */
import { createSecretKey } from 'node:crypto';
import { expect } from 'vitest';
import { type Difference, verify } from '../../../persistence/index.ts';
import { organization, wallet } from '../../test/tenants.ts';
import { type HurtStage, PATIENT } from './hurt.ts';

/** $0.60 a minute at 1/1: a second costs 10,000 micros. */
export const SECOND = 10_000;
export const DEPOSIT = 1_000 * SECOND;
/** What a call that has just been authorized holds. */
export const QUANTUM = 75 * SECOND;

export interface Payer {
  readonly organizationId: string;
  readonly walletId: string;
}

export async function priced({ sound }: HurtStage): Promise<void> {
  const rate = { unit: 'minute', rate_micros_per_minute: 60 * SECOND, increment: '1/1' };
  const body = { ...rate, currency: 'usd' };
  const answer = await sound.request('PUT', '/v1/prices/voice_minute', { body });
  expect(answer.status, answer.text).toBe(200);
}

export async function payer({ sound }: HurtStage): Promise<Payer> {
  const organizationId = await organization(sound, 'Payer');
  return { organizationId, walletId: await wallet(sound, organizationId, DEPOSIT) };
}

/** The wallet, once all of it is in the ledger. */
export async function level({ sound }: HurtStage, walletId: string) {
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
export async function amounts({ sound }: HurtStage, walletId: string, kind: string) {
  const path = `/v1/wallets/${walletId}/entries?kind=${kind}`;
  const { data } = (await sound.request('GET', path)).body;
  return (data as { amount_micros: number }[]).map((entry) => entry.amount_micros);
}

/** Redis, ledger and snapshots agree, whoever died in between. */
export async function expectVerified({ sound }: HurtStage): Promise<void> {
  const { config, stores, engine } = sound.core;
  const chainKey = createSecretKey(Buffer.from(config.RINGFENCE_LEDGER_KEY, 'utf8'));
  const found: Difference[] = [];
  const input = { sql: stores.ledger, chainKey, redis: engine };
  for await (const difference of verify(input)) found.push(difference);
  expect(found).toEqual([]);
}

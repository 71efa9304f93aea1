/** One call told by a provider, and what it did to the wallet. */
import { expect } from 'vitest';
import { type TestApplication, testApplication } from '../../test/application.ts';
import { organization, wallet } from '../../test/tenants.ts';
import { MINUTE, SECOND } from './calls-desk.ts';
import { RETELL_KEY, type Story, VAPI_SECRET } from './messages.ts';

/** What the samples say: 137.421 s is billed as 138 s. */
export const TALK_MS = 137_421;
export const TALK_MICROS = 138 * SECOND;
export const DEPOSIT = 1000 * SECOND;

export type TestStory = Story & { walletId: string };

export interface Stage {
  app: TestApplication;
  /** An organization with money for 1,000 s and a call of 137.421 s that ended just now. */
  story(fields?: Partial<Story>): Promise<TestStory>;
  get(path: string): Promise<Record<string, unknown>>;
  /** The amounts of the wallet's capture entries, once all of its entries are in the ledger. */
  captures(walletId: string): Promise<number[]>;
  /** The call is over and was captured once, to the second, and nothing is held. */
  expectEnded(told: TestStory, callId?: string): Promise<void>;
  /** The last word about a call, whatever came in between, with the milliseconds that not all providers tell. */
  expectCharged(told: TestStory, callId: string): Promise<void>;
}

export async function stage(): Promise<Stage> {
  return await stageOf(
    await testApplication({ VAPI_WEBHOOK_SECRET: VAPI_SECRET, RETELL_API_KEY: RETELL_KEY }),
  );
}

export async function stageOf(app: TestApplication): Promise<Stage> {
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: MINUTE, increment: '1/1', currency: 'usd' },
  });
  let stories = 0;
  const get = async (path: string) => (await app.request('GET', path)).body;

  async function captures(walletId: string): Promise<number[]> {
    const { sequence } = await get(`/v1/wallets/${walletId}`);
    await expect
      .poll(async () => (await get(`/v1/wallets/${walletId}`)).ledger_sequence, { timeout: 60_000 })
      .toBe(sequence);
    const { data } = await get(`/v1/wallets/${walletId}/entries?kind=capture`);
    return (data as { amount_micros: number }[]).map((entry) => entry.amount_micros);
  }

  async function expectEnded(told: TestStory, callId = told.providerCallId): Promise<void> {
    const call = await get(`/v1/calls/${callId}?organization_id=${told.organizationId}`);
    expect(call).toMatchObject({
      state: 'captured',
      captured_micros: TALK_MICROS,
      outcome: 'completed',
      estimated: false,
    });
    expect(await captures(told.walletId)).toEqual([-TALK_MICROS]);
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({
      posted_micros: DEPOSIT - TALK_MICROS,
      held_micros: 0,
      live_calls: 0,
    });
  }

  return {
    app,
    get,
    captures,
    expectEnded,
    async story(fields = {}) {
      const organizationId = await organization(app, 'Caller');
      return {
        organizationId,
        walletId: await wallet(app, organizationId, DEPOSIT),
        providerCallId: `provider-call-${stories++}`,
        startedAtMs: Date.now() - TALK_MS,
        durationMs: TALK_MS,
        ...fields,
      };
    },
    async expectCharged(told, callId) {
      await expectEnded(told, callId);
      expect(await get(`/v1/calls/${callId}?organization_id=${told.organizationId}`)).toMatchObject(
        {
          duration_seconds: TALK_MS / 1000,
        },
      );
    },
  };
}

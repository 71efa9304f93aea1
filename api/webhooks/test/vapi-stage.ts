/** The application with a simulated Vapi of its own: calls are placed there and told by webhooks. */
import { expect, vi } from 'vitest';
import type { ReconcileReport } from '../../../kill-switch/index.ts';
import { createReconciling } from '../../compose/reconciling.ts';
import type { TestApplication } from '../../test/application.ts';
import { type CallsDesk, callsDesk, SECOND } from './calls-desk.ts';
import { VAPI_SECRET } from './messages.ts';
import { type ProviderDoor, providerDoor } from './provider-door.ts';
import { type CallTruth, VAPI_KEY, type VapiProcess, vapiProcess } from './vapi-process.ts';

/** Answered at once, silent, and over only when somebody hangs up. */
export const USUAL_SCRIPT = {
  queueMs: 0,
  ringMs: 0,
  talkMs: 3_600_000,
  turnEveryMs: 0,
  processingMs: 0,
};

export const DEPOSIT = 1000 * SECOND;

export interface Placed {
  organizationId: string;
  walletId: string;
  callId: string;
  providerCallId: string;
}

export interface VapiStage {
  app: TestApplication;
  desk: CallsDesk;
  vapi: VapiProcess;
  door: ProviderDoor;
  /** An organization with money, a call it authorized unless `authorize` is false, placed. */
  placed(options?: { authorize?: boolean; depositMicros?: number }): Promise<Placed>;
  live(call: Placed): Promise<CallTruth>;
  /** Ends the call as somebody who hangs up does, and answers the truth about it. */
  hangUp(call: Placed): Promise<CallTruth>;
  truth(call: Placed): Promise<CallTruth>;
  call(call: Placed): Promise<Record<string, unknown>>;
  wallet(call: Placed): Promise<Record<string, unknown>>;
  /** A pass over Vapi's list, now. */
  reconcile(sinceMs?: number): Promise<ReconcileReport>;
  /** The call was charged once, for what the provider says it lasted, and nothing is held. */
  expectCharged(call: Placed, depositMicros?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function vapiStage(env: Record<string, string> = {}): Promise<VapiStage> {
  const door = await providerDoor('/webhooks/vapi');
  const vapi = await vapiProcess(door.url, VAPI_SECRET);
  await vapi.setScript(USUAL_SCRIPT);
  const desk = await callsDesk({
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
    VAPI_API_KEY: VAPI_KEY,
    VAPI_BASE_URL: vapi.url,
    RINGFENCE_DEV: '1',
    ...env,
  });
  const { app } = desk;
  door.opensTo(app);
  const { reconciler } = createReconciling(app.core);
  const [account] = await app.core.clients.accounts();
  if (account === undefined) throw new Error('no client for Vapi');
  await quiet(app);
  const on: VapiStage = {
    app,
    desk,
    vapi,
    door,
    placed: (options) => placed(on, options),
    async live(call) {
      await expect.poll(async () => (await on.truth(call)).phase).toBe('live');
      return await on.truth(call);
    },
    async hangUp(call) {
      await on.live(call);
      await vapi.endCall(call.providerCallId);
      // The report is the last that changes its place in the list.
      const events = async () => (await on.truth(call)).deliveries.map(({ event }) => event);
      await expect.poll(events).toContain('end-of-call-report');
      return await on.truth(call);
    },
    truth: ({ providerCallId }) => vapi.truth(providerCallId),
    async call({ callId, organizationId }) {
      const path = `/v1/calls/${callId}?organization_id=${organizationId}`;
      return (await app.request('GET', path)).body;
    },
    wallet: ({ walletId }) => desk.state(walletId),
    async reconcile(sinceMs) {
      return await reconciler.run(account, sinceMs === undefined ? undefined : new Date(sinceMs));
    },
    expectCharged: (call, depositMicros = DEPOSIT) => expectCharged(on, call, depositMicros),
    async stop() {
      await vapi.stop();
      await door.stop();
      await app.stop();
    },
  };
  return on;
}

async function placed(
  { desk, vapi }: VapiStage,
  { authorize = true, depositMicros = DEPOSIT } = {},
): Promise<Placed> {
  const { organizationId, walletId } = await desk.payer(depositMicros);
  const callId = desk.newId();
  if (authorize) {
    const fields = { call_id: callId, provider: 'vapi' };
    const { status, text } = await desk.authorize(organizationId, fields);
    if (status !== 201) throw new Error(text);
  }
  const providerCallId = await vapi.place(organizationId, callId);
  return { organizationId, walletId, callId, providerCallId };
}

async function expectCharged(on: VapiStage, call: Placed, depositMicros: number): Promise<void> {
  const { durationMs } = await on.truth(call);
  const takenMicros = Math.ceil(durationMs / 1000) * SECOND;
  expect(await on.call(call)).toMatchObject({
    state: 'captured',
    captured_micros: takenMicros,
    duration_seconds: durationMs / 1000,
    estimated: false,
  });
  expect(await on.wallet(call)).toMatchObject({
    posted_micros: depositMicros - takenMicros,
    held_micros: 0,
    live_calls: 0,
  });
}

/** Waits until the passes that a start brings with it are over: they would do the tests' work. */
async function quiet({ core }: TestApplication): Promise<void> {
  const passes = () => core.stores.directory<{ due: boolean }[]>`
    select due_at <= now() + interval '10 seconds' or leased_by is not null
      or requested_at is null as due from reconcile_marks where provider <> 'stripe'`;
  const isQuiet = async () => {
    const rows = await passes();
    return rows.length > 0 && rows.every(({ due }) => !due);
  };
  await vi.waitUntil(isQuiet, { timeout: 60_000, interval: 50 });
}

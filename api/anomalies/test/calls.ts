/** Calls as callers and providers tell them, from authorize to end, each message until it is taken. */
import { expect } from 'vitest';
import { organization, wallet } from '../../test/tenants.ts';
import {
  retellMessage,
  type Story,
  sendRetell,
  sendVapi,
  vapiMessage,
} from '../../webhooks/test/messages.ts';
import { postTwilio, twilioForm } from '../../webhooks/test/twilio.ts';
import { DEPOSIT, expectPaid, type Payer, SECOND } from './accounts.ts';
import { type HurtStage, inOrder, PATIENT, type Subject, settled } from './hurt.ts';

/** What the samples say. */
const TALK_MS = 137_421;
const TALK_SECONDS = 138;

/** These calls began long ago: their grace must not be over when Redis fails at their first check. */
const POLICY = { grace_seconds: 600 };

type Act = Subject['act'];
type Told = Payer & Story & { readonly callId: string };

let calls = 0;

async function toldBy({ sound }: HurtStage, provider: string): Promise<Told> {
  const organizationId = await organization(sound, 'Caller', { call_policy: POLICY });
  const n = calls++;
  return {
    organizationId,
    walletId: await wallet(sound, organizationId, DEPOSIT),
    callId: `call-${n}`,
    providerCallId: provider === 'twilio' ? `CA${String(n).padStart(32, '0')}` : `told-${n}`,
    startedAtMs: Date.now() - TALK_MS,
    durationMs: TALK_MS,
  };
}

function authorize(told: Told, fields: object = {}): Act {
  const { callId: call_id, organizationId: organization_id } = told;
  const body = { call_id, organization_id, ...fields };
  return async ({ request }) => settled(await request('POST', '/v1/calls', { body }), 201);
}

/** Nothing that fails on our side is a reason to end a call that has money. */
function goesOn(answer: Awaited<ReturnType<Parameters<Act>[0]['request']>>): boolean {
  const taken = settled(answer, 200);
  if (taken) expect(answer.body).toMatchObject({ endCall: false });
  return taken;
}

async function paid(stage: HurtStage, told: Told, seconds: number): Promise<void> {
  const path = `/v1/calls/${told.callId}?organization_id=${told.organizationId}`;
  const state = async () => (await stage.sound.request('GET', path)).body;
  // An event that could not be applied was stored, and is applied by and by.
  await expect.poll(async () => (await state()).state, PATIENT).toBe('captured');
  expect(await state()).toMatchObject({ captured_micros: seconds * SECOND, estimated: false });
  await expectPaid(stage, told.walletId, seconds * SECOND);
}

/** A caller without a provider: authorize, start, check, end. */
export async function ownCall(stage: HurtStage): Promise<Subject> {
  const told = await toldBy(stage, 'nobody');
  const path = (verb: string) =>
    `/v1/calls/${told.callId}/${verb}?organization_id=${told.organizationId}`;
  const post = (verb: string, body: object): Act => {
    return async ({ request }) => settled(await request('POST', path(verb), { body }), 200);
  };
  return {
    act: inOrder(
      authorize(told),
      post('start', { started_at: new Date().toISOString() }),
      async ({ request }) => goesOn(await request('POST', path('check'), { body: {} })),
      post('end', { duration_seconds: 60, outcome: 'completed' }),
    ),
    check: () => paid(stage, told, 60),
  };
}

export async function vapiCall(stage: HurtStage): Promise<Subject> {
  const told = await toldBy(stage, 'vapi');
  const send = (name: string): Act => {
    return async (process) => settled(await sendVapi(process, vapiMessage(name, told)), 200);
  };
  const asked = { call_id: told.callId, organization_id: told.organizationId };
  return {
    act: inOrder(
      authorize(told, { provider: 'vapi', provider_call_id: told.providerCallId }),
      send('status-update.in-progress'),
      async (process) => goesOn(await sendVapi(process, asked, '/webhooks/vapi/status-check')),
      send('end-of-call-report.completed'),
    ),
    check: () => paid(stage, told, TALK_SECONDS),
  };
}

export async function retellCall(stage: HurtStage): Promise<Subject> {
  const told = await toldBy(stage, 'retell');
  const send = (name: string): Act => {
    return async (process) =>
      settled(await sendRetell(process, retellMessage(name, told)), 200, 204);
  };
  return {
    act: inOrder(
      authorize(told, { provider: 'retell', provider_call_id: told.providerCallId }),
      send('call_started'),
      send('call_ended.user_hangup'),
      send('call_analyzed'),
    ),
    check: () => paid(stage, told, TALK_SECONDS),
  };
}

export async function twilioCall(stage: HurtStage): Promise<Subject> {
  const told = await toldBy(stage, 'twilio');
  const query = new URLSearchParams({
    ringfence_organization_id: told.organizationId,
    ringfence_call_id: told.callId,
  });
  const send = (name: string, atMs: number): Act => {
    const fields = { CallSid: told.providerCallId, Timestamp: new Date(atMs).toUTCString() };
    const form = twilioForm(name, fields);
    const path = `/webhooks/twilio/voice?${query}`;
    return async (process) => settled(await postTwilio(process, { path, form }), 200, 204);
  };
  return {
    act: inOrder(
      authorize(told, { provider: 'twilio' }),
      send('voice-status.in-progress', told.startedAtMs),
      send('voice-status.completed', Date.now()),
    ),
    check: () => paid(stage, told, TALK_SECONDS),
  };
}

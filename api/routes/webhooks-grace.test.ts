/** When we are the ones who fail: every provider gets an answer, and a bounded grace is all it gives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiAnswer } from '../test/application.ts';
import {
  retellInbound,
  retellMessage,
  sendRetell,
  sendVapi,
  vapiMessage,
} from '../webhooks/test/messages.ts';
import { type Stage, stage, TALK_MICROS } from '../webhooks/test/stage.ts';

const GRACE_MS = 3_000;
/** Between the answer's own clock and ours, on a busy machine; no grace and a whole one stay apart. */
const SLACK_MS = GRACE_MS / 2;
const QUANTUM_SECONDS = 10;
const PATH = '/webhooks/vapi/status-check';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

async function liveCall(onOutage: string) {
  const told = await on.story({ startedAtMs: Date.now() });
  const policy = { minimum_seconds: 1, quantum_seconds: QUANTUM_SECONDS, cutoff_lead_seconds: 0 };
  const call_policy = { ...policy, on_outage: onOutage, grace_seconds: GRACE_MS / 1000 };
  const path = `/v1/organizations/${told.organizationId}`;
  await on.app.request('PATCH', path, { body: { call_policy } });
  await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
  await sendVapi(on.app, vapiMessage('status-update.in-progress', told));
  return told;
}

interface Check {
  askedAtMs: number;
  answeredAtMs: number;
  status: number;
  endCall: unknown;
  paidUntilMs: number;
}

async function check(body: object): Promise<Check> {
  const askedAtMs = Date.now();
  const { status, body: answer } = await sendVapi(on.app, body, PATH);
  const answeredAtMs = Date.now();
  const paidUntilMs = Date.parse(String(answer.authorized_until));
  return { askedAtMs, answeredAtMs, status, endCall: answer.endCall, paidUntilMs };
}

async function ready(): Promise<void> {
  await expect
    .poll(async () => (await on.app.request('GET', '/readyz')).status, { timeout: 60_000 })
    .toBe(200);
}

describe('a call that is checked again and again while Redis is away', () => {
  test.each([
    ['continue', GRACE_MS],
    ['end', 0],
  ])('%s: goes on for as long as it is paid, and %i ms longer', async (onOutage, graceMs) => {
    const told = await liveCall(onOutage);
    const asked = { call_id: told.providerCallId, organization_id: told.organizationId };
    const checks: Check[] = [];
    await on.app.kill9Redis();
    try {
      const ended = async () => {
        const answer = await check(asked);
        checks.push(answer);
        return answer.endCall;
      };
      await expect.poll(ended, { timeout: 60_000, interval: 100 }).toBe(true);
    } finally {
      await on.app.restartRedis();
    }
    await ready();
    expect(new Set(checks.map(({ status }) => status))).toEqual(new Set([200]));
    const last = checks.at(-1);
    const endsAtMs = (last?.paidUntilMs ?? 0) + graceMs;
    const wentOn = checks.filter(({ endCall }) => endCall === false);
    expect(wentOn.length).toBeGreaterThan(5);
    for (const { askedAtMs } of wentOn) expect(askedAtMs).toBeLessThan(endsAtMs + SLACK_MS);
    expect(last?.answeredAtMs).toBeGreaterThan(endsAtMs - SLACK_MS);
  });
});

describe('while Redis is away', () => {
  test('no message of a provider is answered 5xx', async () => {
    const told = await liveCall('continue');
    const retold = { ...told, providerCallId: `${told.providerCallId}-retell` };
    const vapi = ['status-update.in-progress', 'conversation-update', 'hang'];
    const ends = ['status-update.ended', 'end-of-call-report.completed'];
    const retell = ['call_started', 'transfer_started', 'call_ended.user_hangup', 'call_analyzed'];
    await on.app.kill9Redis();
    try {
      const tick = await sendVapi(on.app, vapiMessage('tool-calls.time-elapsed-tick', told));
      expect([tick.status, Array.isArray(tick.body.results)]).toEqual([200, true]);
      const answers: Promise<ApiAnswer>[] = [
        ...[...vapi, ...ends].map((name) => sendVapi(on.app, vapiMessage(name, told))),
        ...retell.map((name) => sendRetell(on.app, retellMessage(name, retold))),
        // Somebody calls in: nobody could end that call, so it is turned away in good time.
        sendVapi(on.app, vapiMessage('assistant-request.inbound', { ...told, callId: 'late' })),
        sendRetell(on.app, retellInbound({ call_id: 'late-retell' })),
      ];
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
    } finally {
      await on.app.restartRedis();
    }
    await ready();
    const pending = async () => (await on.app.core.directory.inbox.pending()).count;
    await expect.poll(pending, { timeout: 60_000 }).toBe(0);
    // The one that was held, and the one at Retell that nobody authorized: each once.
    expect(await on.captures(told.walletId)).toEqual([-TALK_MICROS, -TALK_MICROS]);
  }, 180_000);
});

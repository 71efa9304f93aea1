import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseVapi } from './parse.ts';

const folder = new URL('./fixtures/', import.meta.url);
const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const messages = readdirSync(folder).filter((name) => !/^(response\.|ended-reasons)/.test(name));

const CALL = '019a2f10-7c3b-7e1a-9d44-00000000000';
const ANSWERED = Date.parse('2026-11-20T16:02:20.214Z');

describe('parseVapi', () => {
  test.each([
    ['assistant-request.inbound.json', 'gate', { from: '+14155550987', to: '+14155550142' }],
    ['status-update.queued.json', 'ignored', { known: true }],
    ['status-update.ringing.json', 'ignored', { known: true }],
    ['status-update.in-progress.json', 'started', { startedAtMs: ANSWERED }],
    ['status-update.forwarding.json', 'alive', { startedAtMs: ANSWERED, tools: [] }],
    [
      'status-update.ended.json',
      'ended',
      { durationMs: 137_421, outcome: 'completed', reason: 'customer-ended-call' },
    ],
    [
      'end-of-call-report.completed.json',
      'report',
      { durationMs: 137_421, outcome: 'completed', costMicros: 218_100 },
    ],
    [
      'end-of-call-report.voicemail.json',
      'report',
      { durationMs: 21_300, outcome: 'voicemail', costMicros: 76_000 },
    ],
    [
      'end-of-call-report.no-answer.json',
      'report',
      { durationMs: 0, outcome: 'no_answer', costMicros: 0 },
    ],
    ['hang.json', 'alive', {}],
    ['conversation-update.json', 'alive', { startedAtMs: ANSWERED }],
    ['phone-call-control.hang-up.json', 'alive', {}],
    ['transfer-update.json', 'alive', {}],
    ['transfer-destination-request.json', 'alive', {}],
    [
      'tool-calls.time-elapsed-tick.json',
      'alive',
      { tools: [{ id: 'call_8Kf0cQ1w5Yb2mR7t', name: 'ringfence_tick' }] },
    ],
  ])('%s is %s', (name, type, fields) => {
    const event = parseVapi(fixture(name));
    expect(event).toMatchObject({ type, provider: 'vapi', ...fields });
    expect(event?.providerCallId.startsWith(CALL)).toBe(true);
  });

  test('every message fixture is named above and keeps nothing private', () => {
    expect(messages).toHaveLength(15);
    for (const name of messages) {
      const kept = JSON.stringify(parseVapi(fixture(name)));
      expect(kept).not.toMatch(/REDACT_ME|AC0000|front desk|opening hours|storage\.vapi|summary/i);
    }
  });

  test('finds metadata, bindings and the control address', () => {
    expect(parseVapi(fixture('status-update.in-progress.json'))).toMatchObject({
      ringfence: { organizationId: 'org_01J9ZK3R4Q', holdId: 'hold_01JCX4M2V8' },
      bindings: [
        { kind: 'phone_number', externalId: 'c2c1a4de-0a52-4b1b-9f2f-7d54e0c6f8a2' },
        { kind: 'phone_number', externalId: '+14155550142' },
        { kind: 'assistant', externalId: '3b9f6f6a-1c55-4a8e-8f55-6a0b8f6e2d41' },
        { kind: 'account', externalId: '7d1c2f0e-5b7a-4b0e-9a53-2f1f6f3a9c10' },
      ],
      controlUrl: expect.stringMatching(/\/control$/),
    });
  });

  test('prefers the metadata of the overrides over that of the assistant and of the call', () => {
    const event = parseVapi({
      message: {
        type: 'hang',
        assistant: { metadata: { ringfence: { organization_id: 'org_b', call_id: 'b' } } },
        call: {
          id: 'x',
          metadata: { ringfence: { organization_id: 'org_c', hold_id: 'hold_c' } },
          assistantOverrides: { metadata: { ringfence: { organization_id: 'org_a' } } },
        },
      },
    });
    expect(event?.ringfence).toEqual({ organizationId: 'org_a', callId: 'b', holdId: 'hold_c' });
  });

  test('a message while the phone still rings is no sign of life', () => {
    const event = parseVapi({ message: { type: 'speech-update', call: { status: 'ringing' } } });
    expect(event?.type).toBe('ignored');
  });

  test('a busy line costs nothing, whatever times the report carries', () => {
    const event = parseVapi({
      message: {
        type: 'end-of-call-report',
        endedReason: 'customer-busy',
        startedAt: '2026-11-20T16:02:20.000Z',
        endedAt: '2026-11-20T16:02:50.000Z',
      },
    });
    expect(event).toMatchObject({ type: 'report', durationMs: 0, outcome: 'no_answer' });
  });

  test('an ended call without times leaves the duration to the clock', () => {
    const event = parseVapi({
      message: { type: 'end-of-call-report', endedReason: 'customer-ended-call' },
    });
    expect(event).toMatchObject({ type: 'report', durationMs: undefined, outcome: 'completed' });
  });

  test('a clock that ran backwards gives no negative duration', () => {
    const event = parseVapi({
      message: {
        type: 'end-of-call-report',
        endedReason: 'customer-ended-call',
        startedAt: '2026-11-20T16:02:20.000Z',
        endedAt: '2026-11-20T16:02:10.000Z',
      },
    });
    expect(event).toMatchObject({ durationMs: 0 });
  });

  test('an unknown message is ignored and says so', () => {
    const event = parseVapi({ message: { type: 'brand-new', call: { id: 'x' } } });
    expect(event).toMatchObject({ type: 'ignored', known: false });
  });

  test.each([[null], [[]], ['x'], [{}], [{ message: {} }], [{ message: { type: 3 } }]])(
    '%j is no Vapi message',
    (body) => {
      expect(parseVapi(body)).toBeUndefined();
    },
  );
});

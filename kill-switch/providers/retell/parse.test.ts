import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseRetell } from './parse.ts';

const folder = new URL('./fixtures/', import.meta.url);
const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const messages = readdirSync(folder).filter((name) => !/^(response\.|disconnection)/.test(name));

const ANSWERED = 1_795_190_531_214;
const ended = { type: 'report', outcome: 'completed' };

describe('parseRetell', () => {
  test.each([
    [
      'call_inbound.json',
      {
        type: 'gate',
        from: '+14155550987',
        to: '+14155550142',
        bindings: [
          { kind: 'phone_number', externalId: '+14155550142' },
          { kind: 'agent', externalId: 'agent_6f1b0c2d9e8a7f6b5c4d3e2f10' },
        ],
      },
    ],
    ['call_started.json', { type: 'started', startedAtMs: ANSWERED }],
    ['call_ended.user_hangup.json', { ...ended, durationMs: 137_421, costMicros: 311_500 }],
    ['call_analyzed.json', { ...ended, durationMs: 137_421, costMicros: 311_500 }],
    ['call_ended.call_transfer.json', { ...ended, durationMs: 62_000, costMicros: 140_500 }],
    ['call_ended.manual_stopped.json', { ...ended, durationMs: 121_006, costMicros: 275_500 }],
    ['call_ended.max_duration_reached.json', { ...ended, durationMs: 180_000 }],
    [
      'call_ended.voicemail_reached.json',
      { type: 'report', outcome: 'voicemail', durationMs: 19_350 },
    ],
    [
      'call_ended.dial_no_answer.json',
      { type: 'report', outcome: 'no_answer', durationMs: 0, costMicros: 0 },
    ],
    ['transcript_updated.json', { type: 'alive', startedAtMs: ANSWERED }],
    ['transfer_started.json', { type: 'alive' }],
    ['transfer_bridged.json', { type: 'alive' }],
    ['transfer_cancelled.json', { type: 'alive' }],
    [
      'custom_function.request.json',
      { type: 'alive', tools: [{ id: '', name: 'ringfence_tick' }] },
    ],
    ['chat_inbound.json', { type: 'ignored', known: true }],
  ])('%s', (name, expected) => {
    expect(parseRetell(fixture(name))).toMatchObject({ provider: 'retell', ...expected });
  });

  test('every message fixture is named above and keeps nothing private', () => {
    expect(messages).toHaveLength(15);
    for (const name of messages) {
      const kept = JSON.stringify(parseRetell(fixture(name)));
      expect(kept).not.toMatch(/Pat|Acme|opening hours|cloudfront|Positive|transcript"/);
    }
  });

  test('finds the flat metadata and the binding of our own number', () => {
    expect(parseRetell(fixture('call_started.json'))).toMatchObject({
      providerCallId: 'call_5a82f0a43ea0977566b1104f001',
      ringfence: { organizationId: 'org_01J9ZK3R4Q', holdId: 'hold_01JCX4M2V8' },
      bindings: [
        { kind: 'phone_number', externalId: '+14155550142' },
        { kind: 'agent', externalId: 'agent_6f1b0c2d9e8a7f6b5c4d3e2f10' },
      ],
    });
  });

  test('a late transcript of an ended call is no sign of life', () => {
    const call = { call_id: 'c', start_timestamp: ANSWERED, end_timestamp: ANSWERED + 5 };
    expect(parseRetell({ event: 'transcript_updated', call })?.type).toBe('ignored');
  });

  test('without a stated duration the times decide, never backwards', () => {
    const call = { call_id: 'c', disconnection_reason: 'user_hangup', start_timestamp: ANSWERED };
    const at = (end_timestamp: number) =>
      parseRetell({ event: 'call_ended', call: { ...call, end_timestamp } });
    expect(at(ANSWERED + 61_000)).toMatchObject({ durationMs: 61_000 });
    expect(at(ANSWERED - 61_000)).toMatchObject({ durationMs: 0 });
  });

  test.each([[null], [[]], ['x'], [{}], [{ event: 7 }], [{ name: 'f', args: {} }]])(
    '%j is no Retell message',
    (body) => {
      expect(parseRetell(body)).toBeUndefined();
    },
  );
});

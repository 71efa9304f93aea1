import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readForm } from './form.ts';
import { parseTwilioMessage } from './message.ts';
import { parseTwilioVoice } from './parse.ts';
import { verifyTwilio } from './verify.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

const NAMES = [
  'voice-status.in-progress',
  'voice-status.completed',
  'voice-status.busy',
  'sms-status.sent',
  'sms-status.delivered',
];

function bodyOf(params: Record<string, string>): string {
  return String(new URLSearchParams(params));
}

function voice(name: string, fields: Record<string, string> = {}, query = '') {
  const form = readForm(bodyOf({ ...fixture(name).params, ...fields }));
  return parseTwilioVoice(form ?? {}, new URLSearchParams(query));
}

describe('verifyTwilio', () => {
  test.each(NAMES)("%s: Twilio's signature is valid over the address it was sent to", (name) => {
    const { url, auth_token, headers, params } = fixture(name);
    const form = readForm(bodyOf(params)) ?? {};
    const verdict = (changes: { url?: string; token?: string; form?: object }) =>
      verifyTwilio(new Headers(headers), changes.url ?? url, { ...form, ...changes.form }, [
        changes.token ?? auth_token,
      ]);
    expect(verdict({})).toBe('valid');
    expect(verdict({ url: url.replace('example.com', 'example.com:443') })).toBe('valid');
    expect(verdict({ token: 'another' })).toBe('forged');
    expect(verdict({ form: { CallDuration: '1' } })).toBe('forged');
    expect(verdict({ form: { Extra: '' } })).toBe('forged');
    expect(verdict({ url: `${url}&a=b` })).toBe('forged');
    expect(verdict({ url: url.replace('tenant', 'Tenant') })).toBe('forged');
    expect(verdict({ url: url.replace('billing.', '') })).toBe('forged');
  });

  test('either token counts while one is being rotated out', () => {
    const { url, auth_token, headers, params } = fixture('voice-status.completed');
    const form = readForm(bodyOf(params)) ?? {};
    expect(verifyTwilio(new Headers(headers), url, form, ['new', auth_token])).toBe('valid');
  });

  test('without a token, an address or a signature nobody gets in', () => {
    const { url, auth_token, headers } = fixture('voice-status.completed');
    expect(verifyTwilio(new Headers(headers), url, {}, [])).toBe('no_secret');
    expect(verifyTwilio(new Headers(headers), url, {}, [''])).toBe('no_secret');
    expect(verifyTwilio(new Headers(headers), undefined, {}, [auth_token])).toBe('no_secret');
    expect(verifyTwilio(new Headers(), url, {}, [auth_token])).toBe('unsigned');
  });
});

describe('readForm', () => {
  test('keeps repeated fields, and fields named like inherited ones', () => {
    expect(readForm('a=1&a=2&b=x%20y&c=x+y')).toEqual({ a: ['1', '2'], b: 'x y', c: 'x y' });
    expect(Object.keys(readForm('__proto__=1&constructor=2') ?? {})).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  test('a body with more fields than any callback is no form', () => {
    expect(readForm('a&'.repeat(1_001))).toBeUndefined();
  });
});

describe('parseTwilioVoice', () => {
  const ids = 'ringfence_organization_id=org_1&ringfence_call_id=c-1';

  test('in-progress is the answer', () => {
    expect(voice('voice-status.in-progress', {}, ids)).toMatchObject({
      type: 'started',
      provider: 'twilio',
      providerCallId: 'CA00000000000000000000000000000a02',
      startedAtMs: Date.parse('2026-11-20T16:02:20Z'),
      ringfence: { organizationId: 'org_1', callId: 'c-1', holdId: undefined },
      bindings: [
        { kind: 'phone_number', externalId: '+14155550142' },
        { kind: 'account', externalId: 'AC00000000000000000000000000000001' },
      ],
    });
  });

  test('completed is the report, by CallDuration and not by billed minutes', () => {
    expect(voice('voice-status.completed')).toMatchObject({
      type: 'report',
      durationMs: 138_000,
      outcome: 'completed',
      reason: 'completed',
      reasonKnown: true,
      endedAtMs: Date.parse('2026-11-20T16:04:38Z'),
      costMicros: undefined,
    });
  });

  test.each([
    ['busy', 'no_answer'],
    ['no-answer', 'no_answer'],
    ['canceled', 'no_answer'],
    ['failed', 'failed'],
  ])('%s costs nothing, whatever duration it carries', (CallStatus, outcome) => {
    const fields = { CallStatus, CallDuration: '30' };
    expect(voice('voice-status.busy', fields)).toMatchObject({
      type: 'report',
      durationMs: 0,
      outcome,
    });
  });

  test('a machine that answered is voicemail', () => {
    const event = voice('voice-status.completed', { AnsweredBy: 'machine_end_beep' });
    expect(event).toMatchObject({ outcome: 'voicemail', durationMs: 138_000 });
  });

  test.each([
    ['queued', true],
    ['initiated', true],
    ['ringing', true],
    ['teleported', false],
  ])('%s is ignored; known: %s', (CallStatus, known) => {
    const event = voice('voice-status.in-progress', { CallStatus });
    expect(event).toMatchObject({ type: 'ignored', known });
  });

  test.each([[''], ['-5'], ['1e9'], ['many']])('a duration of "%s" is left to the clock', (d) => {
    expect(voice('voice-status.completed', { CallDuration: d })).toMatchObject({
      type: 'report',
      durationMs: undefined,
    });
  });

  test('a leg that a call dialled is charged only if it is a call of its own', () => {
    const child = { ParentCallSid: 'CA1' };
    expect(voice('voice-status.completed', child)).toMatchObject({ type: 'ignored' });
    expect(voice('voice-status.completed', child, ids)).toMatchObject({ type: 'report' });
  });

  test('for an inbound call our number is the called one', () => {
    expect(voice('voice-status.completed', { Direction: 'inbound' })?.bindings[0]).toEqual({
      kind: 'phone_number',
      externalId: '+14155550987',
    });
  });

  test('another form is no voice callback', () => {
    expect(parseTwilioVoice({}, new URLSearchParams())).toBeUndefined();
    expect(voice('sms-status.sent')).toBeUndefined();
  });
});

describe('parseTwilioMessage', () => {
  test.each([
    ['sent', false],
    ['delivered', false],
    ['failed', true],
    ['undelivered', true],
    ['canceled', false],
  ])('%s is lost: %s', (MessageStatus, lost) => {
    const { params } = fixture('sms-status.sent');
    const form = readForm(bodyOf({ ...params, MessageStatus, ErrorCode: '30003' })) ?? {};
    const query = new URLSearchParams('ringfence_organization_id=org_1');
    const message = parseTwilioMessage(form, query);
    expect(message).toEqual({
      messageSid: 'SM00000000000000000000000000000c01',
      status: MessageStatus,
      lost,
      errorCode: '30003',
      ringfence: { organizationId: 'org_1', callId: undefined, holdId: undefined },
    });
    expect(JSON.stringify(message)).not.toContain('+1415');
  });

  test('another form is no message callback', () => {
    const form = readForm(bodyOf(fixture('voice-status.busy').params)) ?? {};
    expect(parseTwilioMessage(form, new URLSearchParams())).toBeUndefined();
  });
});

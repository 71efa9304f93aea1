import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { HmacPlan } from './hmac-plan.ts';
import { verifyVapi } from './verify.ts';

const file = new URL('./fixtures/end-of-call-report.completed.json', import.meta.url);
const body = JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
const signedAtMs = 1_795_190_600_000;
const hmacSecret = 'vapi-hmac-secret-example';
const inMs = {
  'x-timestamp': '1795190600000',
  'x-signature': '97b3f5527dda6e395dc000a0e6679d421e36702729b31ba0f00b055a655ed7a0',
};
const inSeconds = {
  'x-timestamp': '1795190600',
  'x-signature': 'a6b65db1a33a1cdf12d93d82cae1ff25743e3878cb4e9c4c2dd774224bf1a930',
};

function verdict(headers: Record<string, string>, secrets: string[], at = signedAtMs, raw = body) {
  return verifyVapi(new Headers(headers), raw, secrets, at);
}

describe('verifyVapi', () => {
  test.each([
    [
      'X-Vapi-Secret',
      { 'x-vapi-secret': 'vapi-shared-secret-example' },
      'vapi-shared-secret-example',
    ],
    ['a bearer token', { authorization: 'Bearer vapi-bearer-example' }, 'vapi-bearer-example'],
    ['HMAC with milliseconds', inMs, hmacSecret],
    ['HMAC with seconds', inSeconds, hmacSecret],
  ])('accepts %s', (_, headers, secret) => {
    expect(verdict(headers, [secret])).toBe('valid');
  });

  test('accepts either secret while one is being rotated out', () => {
    expect(verdict({ 'x-vapi-secret': 'old' }, ['new', 'old'])).toBe('valid');
    expect(verdict({ 'x-vapi-secret': 'new' }, ['new', 'old'])).toBe('valid');
  });

  test.each([
    ['another secret', { 'x-vapi-secret': 'guess' }],
    ['a prefix of the secret', { 'x-vapi-secret': 'secre' }],
    ['another bearer token', { authorization: 'Bearer guess' }],
  ])('refuses %s', (_, headers) => {
    expect(verdict(headers, ['secret'])).toBe('forged');
  });

  test('a wrong signature is not saved by a right bearer token', () => {
    const headers = {
      ...inMs,
      'x-signature': 'ab'.repeat(32),
      authorization: `Bearer ${hmacSecret}`,
    };
    expect(verdict(headers, [hmacSecret])).toBe('forged');
  });

  test('refuses an altered body, and a timestamp moved to stay fresh', () => {
    expect(verdict(inMs, [hmacSecret], signedAtMs, `${body} `)).toBe('forged');
    expect(verdict({ ...inMs, 'x-timestamp': '1795190600001' }, [hmacSecret])).toBe('forged');
  });

  test.each([
    [-300_001, 'expired'],
    [-300_000, 'valid'],
    [300_000, 'valid'],
    [300_001, 'expired'],
  ])('a signature %i ms from our clock is %s', (offset, expected) => {
    expect(verdict(inMs, [hmacSecret], signedAtMs + offset)).toBe(expected);
    expect(verdict(inSeconds, [hmacSecret], signedAtMs + offset)).toBe(expected);
  });

  test('refuses a signature without a sound timestamp', () => {
    const signature = createHmac('sha256', 's').update(`.${body}`).digest('hex');
    expect(verdict({ 'x-signature': signature }, ['s'])).toBe('unsigned');
    expect(verdict({ 'x-signature': signature, 'x-timestamp': '1e13' }, ['s'])).toBe('unsigned');
  });

  test.each([
    ['bearer', { authorization: 'Bearer s' }],
    ['x_vapi_secret', { 'x-vapi-secret': 's' }],
  ] as const)('an account that uses %s takes nothing else', (type, headers) => {
    const check = (given: Record<string, string>) =>
      verifyVapi(new Headers(given), body, ['s'], signedAtMs, { type });
    expect(check(headers)).toBe('valid');
    const others = [{ authorization: 'Bearer s' }, { 'x-vapi-secret': 's' }, inMs];
    for (const other of others.filter(
      (given) => !Object.hasOwn(given, Object.keys(headers)[0] ?? ''),
    ))
      expect(check(other)).toBe('unsigned');
  });

  test('refuses everything when no secret is configured', () => {
    expect(verdict({ 'x-vapi-secret': '' }, [])).toBe('no_secret');
    expect(verdict({ 'x-vapi-secret': '' }, [''])).toBe('no_secret');
    expect(verdict({}, ['secret'])).toBe('unsigned');
  });
});

describe('an HMAC plan of its own', () => {
  const key = 'cmluZ2ZlbmNlLWV4YW1wbGUtc2VjcmV0LTMyYnl0ZXM=';
  const plan: HmacPlan = {
    algorithm: 'sha256',
    signatureHeader: 'webhook-signature',
    timestampHeader: 'webhook-timestamp',
    messageIdHeader: 'webhook-id',
    signaturePrefix: 'v1,',
    payloadFormat: '{svix-id}.{timestamp}.{body}',
    signatureEncoding: 'base64',
    secretIsBase64: true,
  };
  // The vector of Standard Webhooks: what this plan makes of Vapi's signature.
  const signed =
    '{"type":"wallet.low_balance","timestamp":"2026-11-20T16:03:20.000Z","data":' +
    '{"wallet_id":"wal_01J9ZK5T7C","available":"120"}}';
  const headers = {
    'webhook-id': 'msg_2nRingfenceExample0001',
    'webhook-timestamp': '1795190600',
    'webhook-signature': 'v1,Wkp69qQbHrLYPgIvpqZV+wgI7v0tgvueFkLxIl9IfBs=',
  };
  const check = (given: Record<string, string>, raw = signed, over: Partial<HmacPlan> = {}) => {
    const scheme = { type: 'hmac', plan: { ...plan, ...over } } as const;
    return verifyVapi(new Headers(given), raw, [key], signedAtMs, scheme);
  };

  test('that is shaped like Standard Webhooks', () => {
    expect(check(headers)).toBe('valid');
    expect(check(headers, `${signed} `)).toBe('forged');
    expect(check({ ...headers, 'webhook-id': 'msg_other' })).toBe('forged');
    expect(check({ ...headers, 'webhook-signature': headers['webhook-signature'].slice(3) })).toBe(
      'forged',
    );
    const { 'webhook-id': _, ...nameless } = headers;
    expect(check(nameless)).toBe('unsigned');
    expect(check({ ...headers, 'webhook-timestamp': '1795190000' })).toBe('forged');
    // The default scheme's headers do not stand in for the plan's.
    expect(check(inMs)).toBe('unsigned');
  });

  test('reads a body with tokens and dollars in it as it is', () => {
    const raw = '{"text":"$& {timestamp} {body} $1"}';
    const over = { secretIsBase64: false, algorithm: 'sha512', signatureEncoding: 'hex' } as const;
    const payload = `msg_2nRingfenceExample0001.1795190600.${raw}`;
    const mac = createHmac('sha512', key).update(payload).digest('hex');
    expect(check({ ...headers, 'webhook-signature': `v1,${mac}` }, raw, over)).toBe('valid');
  });
});

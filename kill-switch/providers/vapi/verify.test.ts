import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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

  test('refuses everything when no secret is configured', () => {
    expect(verdict({ 'x-vapi-secret': '' }, [])).toBe('no_secret');
    expect(verdict({ 'x-vapi-secret': '' }, [''])).toBe('no_secret');
    expect(verdict({}, ['secret'])).toBe('unsigned');
  });
});

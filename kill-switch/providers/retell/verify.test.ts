import { readFileSync } from 'node:fs';
import { Retell } from 'retell-sdk';
import { describe, expect, test } from 'vitest';
import { verifyRetell } from './verify.ts';

const file = new URL('./fixtures/call_ended.user_hangup.json', import.meta.url);
const body = JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
const key = 'key_example_retell_webhook_badge';
const signedAtMs = 1_795_190_600_000;
const signature =
  'v=1795190600000,d=c84aa5a271f0b705cab1252f226816206bfb5b4620e6921fd9a7ab7a6e436973';

function verdict(header: string | undefined, keys: string[], at = signedAtMs, raw = body) {
  const headers = new Headers(header === undefined ? {} : { 'x-retell-signature': header });
  return verifyRetell(headers, raw, keys, at);
}

describe('verifyRetell', () => {
  test('accepts the published vector', async () => {
    expect(await verdict(signature, [key], signedAtMs + 1000)).toBe('valid');
  });

  test('accepts what the SDK signs now, and agrees with its own verify', async () => {
    const fresh = await Retell.sign(body, key);
    expect(await verdict(fresh, ['other', key], Date.now())).toBe('valid');
    expect(await Retell.verify(body, key, fresh)).toBe(true);
  });

  test.each([
    [-300_001, 'expired'],
    [-300_000, 'valid'],
    [300_000, 'valid'],
    [300_001, 'expired'],
  ])('a signature %i ms from our clock is %s', async (offset, expected) => {
    expect(await verdict(signature, [key], signedAtMs + offset)).toBe(expected);
  });

  test('refuses forgeries, altered bodies and moved timestamps', async () => {
    const moved = signature.replace('v=1795190600000', 'v=1795190600001');
    expect(await verdict(signature, ['another'])).toBe('forged');
    expect(await verdict(signature, [key], signedAtMs, `${body} `)).toBe('forged');
    expect(await verdict(moved, [key])).toBe('forged');
    expect(await verdict('v=1,d=zz', [key])).toBe('forged');
    expect(await verdict('', [key])).toBe('forged');
  });

  test('refuses everything when no key is configured', async () => {
    expect(await verdict(signature, [])).toBe('no_secret');
    expect(await verdict(signature, [''])).toBe('no_secret');
    expect(await verdict(undefined, [key])).toBe('unsigned');
  });
});

import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { ROTATION_MS, rotated, signing } from './secrets.ts';
import { newSecret, signedHeaders } from './sign.ts';

const file = new URL('../fixtures/example.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as {
  body: string;
  secret: string;
  headers: Record<string, string>;
  verify_at_ms: number;
  rotated: { secrets: string[]; headers: Record<string, string> };
};

describe('signatures', () => {
  test('are those of the published example, alone and while a secret is rotated', () => {
    const id = fixture.headers['webhook-id'] ?? '';
    const at = fixture.verify_at_ms;
    expect(signedHeaders(id, at, fixture.body, [fixture.secret])).toEqual(fixture.headers);
    const both = signedHeaders(id, at, fixture.body, fixture.rotated.secrets);
    expect(both).toEqual(fixture.rotated.headers);
  });

  test('verify with the reference package, of any body', () => {
    const secret = newSecret();
    const bodies = ['{}', '{"name":"Zoë \u{1f4de}"}', JSON.stringify({ a: 'x'.repeat(10_000) })];
    for (const body of bodies) {
      const headers = signedHeaders('evt_1', Date.now(), body, [newSecret(), secret]);
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow('No matching signature');
    }
  });
});

describe('secrets', () => {
  test('are 32 random bytes each', () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newSecret()).not.toBe(newSecret());
  });

  test('that were rotated sign for a day, and never more than two do', () => {
    const first = [{ secret: 'whsec_1' }];
    const second = rotated(first, 'whsec_2', 1_000);
    expect(signing(second, 1_000 + ROTATION_MS - 1)).toEqual(['whsec_2', 'whsec_1']);
    expect(signing(second, 1_000 + ROTATION_MS)).toEqual(['whsec_2']);
    expect(signing(rotated(second, 'whsec_3', 2_000), 2_000)).toEqual(['whsec_3', 'whsec_2']);
  });
});

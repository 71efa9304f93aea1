import { describe, expect, test } from 'vitest';
import { readConfig } from '../../api/config.ts';
import type { ProviderUse } from '../../persistence/index.ts';
import { providerFindings } from './providers.ts';

const config = (more: Record<string, string> = {}) =>
  readConfig({
    REDIS_URL: 'redis://127.0.0.1:1',
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    RINGFENCE_ADMIN_KEY: 'rf_admin_of_the_test_0123456789',
    RINGFENCE_LEDGER_KEY: 'the-key-of-the-hash-chain-in-tests',
    ...more,
  });

const use = (changes: Partial<ProviderUse>): ProviderUse => ({
  provider: 'vapi',
  stored: 0,
  bindings: 0,
  calls: 0,
  ...changes,
});

describe('providers', () => {
  test('that nobody uses need nothing', () => {
    expect(providerFindings([use({})], config())).toEqual([
      { check: 'providers', severity: 'ok', found: 'none is used' },
    ]);
  });

  test('that are used without a key or a way to verify their webhooks are told, with the variables', () => {
    const [key, webhook, ...more] = providerFindings([use({ calls: 3 })], config());
    expect(key).toMatchObject({ check: 'provider vapi', severity: 'warning' });
    expect(key?.mend).toContain('set VAPI_API_KEY, or PUT /v1/provider_credentials/vapi');
    expect(webhook?.mend).toBe('set VAPI_WEBHOOK_SECRET');
    expect(more).toEqual([]);
  });

  test('Twilio signs with its token over an address that has to be known', () => {
    const keys = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 't' };
    const [only, ...more] = providerFindings(
      [use({ provider: 'twilio', bindings: 1 })],
      config(keys),
    );
    expect(only?.mend).toBe('set RINGFENCE_PUBLIC_URL');
    expect(more).toEqual([]);
  });

  test("organizations' own credentials serve, and are of no use without the key that opens them", () => {
    const stored = [use({ calls: 1, stored: 2 })];
    const key = { RINGFENCE_SECRET_KEY: Buffer.alloc(32, 'k').toString('base64') };
    expect(providerFindings(stored, config(key))).toEqual([
      { check: 'providers', severity: 'ok', found: 'keys of vapi (2 organizations)' },
    ]);
    expect(providerFindings(stored, config())).toMatchObject([{ severity: 'error' }]);
  });
});

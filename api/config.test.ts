import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { secretsIn } from './config-schema.ts';

const least = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgres://ringfence@127.0.0.1:5432/ringfence',
  RINGFENCE_ADMIN_KEY: 'rf_admin_0123456789abcdef',
  RINGFENCE_LEDGER_KEY: '0123456789abcdef0123456789abcdef',
};

function faultOf(env: Record<string, string | undefined>): string {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('readConfig', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  test('gives every other variable a default', () => {
    const config = readConfig(least);
    expect(config).toMatchObject({
      PORT: 8080,
      RINGFENCE_ROLE: 'all',
      RINGFENCE_PARTITIONS: 64,
      RINGFENCE_BACKLOG_MAX_AGE_SECONDS: 900,
      RINGFENCE_BACKLOG_MAX_ENTRIES: 2_000_000,
      RINGFENCE_HOT_RECORDS_MS: 259_200_000,
      RINGFENCE_CALL_RECORD_WAIT_MS: 250,
      VAPI_BASE_URL: 'https://api.vapi.ai',
    });
    expect(config.VAPI_WEBHOOK_SECRET).toBeUndefined();
  });

  test('takes an empty value for unset', () => {
    expect(readConfig({ ...least, PORT: '', VAPI_API_KEY: ' ' })).toMatchObject({ PORT: 8080 });
  });

  test.each([
    ['PORT', '70000', 'an integer from 0 to 65535'],
    ['PORT', '80.5', 'an integer from 0 to 65535'],
    ['RINGFENCE_ROLE', 'worker', 'must be all, api, flusher or enforcer'],
    ['REDIS_URL', 'http://x', 'must start with redis:'],
    ['DATABASE_URL', 'mysql://x', 'must be a postgres:// URL'],
    ['RINGFENCE_LEDGER_KEY', 'short', 'openssl rand -hex 32'],
    ['RINGFENCE_PARTITIONS', '0', 'an integer from 1 to 4096'],
  ])('%s=%s is refused by name, with the mend', (name, value, mend) => {
    const fault = faultOf({ ...least, [name]: value });
    expect(fault).toContain(`${name}: `);
    expect(fault).toContain(mend);
  });

  test('names every missing variable at once and what to do', () => {
    const fault = faultOf({});
    for (const name of Object.keys(least)) expect(fault).toContain(`${name}: is not set`);
    expect(fault).toContain('npm start');
  });

  test('never prints a value', () => {
    expect(faultOf({ ...least, RINGFENCE_ADMIN_KEY: 'hunter2' })).not.toContain('hunter2');
  });

  test('takes every documented form of REDIS_URL', () => {
    for (const form of [
      'redis://h:1',
      'rediss://h:1',
      'unix:/run/redis.sock',
      'redis+sentinel://h:1,h:2/primary',
      'redis+cluster://h:1,h:2',
    ]) {
      expect(readConfig({ ...least, REDIS_URL: form }).REDIS_URL).toBe(form);
    }
  });

  test('refuses what the engine cannot use yet, by naming what it can', () => {
    const form = 'rediss+cluster://h:1';
    expect(() => readConfig({ ...least, REDIS_URL: form })).toThrow('must start with redis:');
  });

  test('takes two secrets while one is rotated out, and no third', () => {
    const name = 'VAPI_WEBHOOK_SECRET';
    expect(secretsIn(readConfig({ ...least, [name]: 'new, old' })[name])).toEqual(['new', 'old']);
    expect(secretsIn(readConfig({ ...least, [name]: 'only' })[name])).toEqual(['only']);
    expect(secretsIn(readConfig(least)[name])).toEqual([]);
    expect(faultOf({ ...least, [name]: 'a,b,c' })).toContain('two separated by a comma');
  });

  test('takes a sealing key of 32 bytes, or two, and nothing else', () => {
    const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
    const read = (RINGFENCE_SECRET_KEY: string) => readConfig({ ...least, RINGFENCE_SECRET_KEY });
    expect(secretsIn(read(`${key(1)},${key(2)}`).RINGFENCE_SECRET_KEY)).toHaveLength(2);
    for (const wrong of ['short', key(1).slice(4), `${key(1)},short`, key(1).replace('=', '')]) {
      const fault = faultOf({ ...least, RINGFENCE_SECRET_KEY: wrong });
      expect(fault).toContain('openssl rand -base64 32');
      expect(fault).not.toContain(wrong);
    }
  });

  test('development makes its keys once and keeps them private', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringfence-config-'));
    folders.push(folder);
    const env = {
      REDIS_URL: least.REDIS_URL,
      DATABASE_URL: least.DATABASE_URL,
      RINGFENCE_DEV: '1',
      RINGFENCE_DATA_DIR: folder,
    };
    const first = readConfig(env);
    const second = readConfig(env);
    expect(first.RINGFENCE_ADMIN_KEY).toMatch(/^rf_dev_[0-9a-f]{64}$/);
    expect(second.RINGFENCE_ADMIN_KEY).toBe(first.RINGFENCE_ADMIN_KEY);
    expect(second.RINGFENCE_LEDGER_KEY).toBe(first.RINGFENCE_LEDGER_KEY);
    expect(Buffer.from(first.RINGFENCE_SECRET_KEY ?? '', 'base64')).toHaveLength(32);
    expect(second.RINGFENCE_SECRET_KEY).toBe(first.RINGFENCE_SECRET_KEY);
    expect(statSync(join(folder, 'admin-key')).mode & 0o777).toBe(0o600);
  });
});

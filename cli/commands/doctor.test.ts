import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection, keys } from '../../engine/index.ts';
import { connect, type Sql } from '../../persistence/index.ts';
import { testRedis } from '../../testing/services.ts';
import { runCommand, type TestRingfence, testRingfence } from '../test-ringfence.ts';
import { doctor } from './doctor.ts';

let ringfence: TestRingfence;
let sql: Sql;
let redis: ReturnType<typeof createConnection>;
beforeAll(async () => {
  ringfence = await testRingfence();
  sql = connect(ringfence.database.url, { max: 1, applicationName: 'test' });
  redis = createConnection(ringfence.redis.url);
  await redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await sql.end();
  await ringfence.end();
});

const SLOW = { timeout: 60_000 };

const run = (env: Record<string, string | undefined> = {}) =>
  runCommand(doctor, [], { ...ringfence.env, ...env });

describe('doctor', () => {
  test('finds nothing wrong with a Ringfence as it should be', async () => {
    let [code, text] = [1, ''];
    const faults = async () => {
      ({ code, text } = await run());
      const found = text.split('\n').filter((line) => /^(warning|ERROR) /.test(line));
      // The kernel is that of whoever runs the tests.
      return found.filter((line) => !line.includes('vm.overcommit_memory'));
    };
    // A machine that stands still lets a lease run out: it is told, and comes right by itself.
    await expect.poll(faults, SLOW).toEqual([]);
    expect(text).toMatch(/\n0 errors, [01] warnings, \d+ in order\n$/);
    expect(text).toContain('gate: open');
    expect(text).toContain('flushers: 1 run and hold every partition');
    expect(text).toContain('enforcers: nothing that is due waits');
    expect(code).toBe(0);
  });

  test('a role whose transactions would fail, or be broken off, is told', async () => {
    // Else it would keep connections that were made with them.
    await ringfence.stop();
    const { name } = ringfence.database;
    const settings = { default_transaction_isolation: 'serializable', idle_session_timeout: '9s' };
    for (const [setting, value] of Object.entries(settings)) {
      await sql.unsafe(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
    }
    const { code, text } = await run();
    for (const setting of Object.keys(settings)) {
      await sql.unsafe(`ALTER DATABASE ${name} RESET ${setting}`);
    }
    await ringfence.start();
    expect(text).toContain('ERROR    postgres default_transaction_isolation: serializable');
    expect(text).toContain('warning  postgres idle_session_timeout: 9000 ms');
    expect(code).toBe(1);
  });

  test('a provider that is used without keys is a warning', async () => {
    const { id } = await ringfence.post('/v1/organizations', { name: 'Acme' });
    await sql`
      INSERT INTO provider_bindings (provider, kind, external_id, organization_id)
      VALUES ('vapi', 'assistant', 'a', ${String(id)})`;
    const { text } = await run();
    await sql`DELETE FROM provider_bindings`;
    expect(text).toContain('warning  provider vapi: 0 of the newest calls and 1 bindings');
    expect(text).toContain('mend: set VAPI_API_KEY');
  });

  test('prints one JSON object when asked', async () => {
    const { text } = await runCommand(doctor, ['--json'], ringfence.env);
    const { findings } = JSON.parse(text);
    expect(findings).toContainEqual({ check: 'partitions', severity: 'ok', found: '2' });
  });

  test.each([
    ['maxmemory-policy', 'allkeys-lru', 'noeviction', 'set maxmemory-policy noeviction'],
    ['appendfsync', 'no', 'everysec', 'set appendfsync everysec'],
  ])('a Redis with %s %s is an error, with its mend', async (name, bad, good, mend) => {
    await redis.config('SET', name, bad);
    const { code, text } = await run();
    await redis.config('SET', name, good);
    expect(text).toContain(`ERROR    redis ${name}`);
    expect(text).toContain(`mend: ${mend}`);
    expect(code).toBe(1);
  });

  test('replicas without min-replicas-to-write are an error: cut off, the master would go on', async () => {
    const replica = await testRedis();
    const copy = await replica.connect();
    await copy.replicaof('127.0.0.1', ringfence.redis.port);
    await expect.poll(() => redis.info('replication'), SLOW).toContain('connected_slaves:1');
    const { code, text } = await run();
    expect(text).toContain('ERROR    redis min-replicas-to-write: off');
    expect(text).toContain('mend: set min-replicas-to-write 1 and min-replicas-max-lag 10');
    expect(code).toBe(1);
    await redis.config('SET', 'min-replicas-to-write', '1');
    await expect.poll(async () => (await run()).code, SLOW).toBe(0);
    await redis.config('SET', 'min-replicas-to-write', '0');
    copy.disconnect();
    await replica.stop();
    await expect.poll(() => redis.info('replication')).toContain('connected_slaves:0');
  });

  test('another partition count than the stored one is an error', async () => {
    const { code, text } = await run({ RINGFENCE_PARTITIONS: '4' });
    expect(text).toContain('RINGFENCE_PARTITIONS is 4, the database was made with 2');
    expect(code).toBe(1);
  });

  test('a quarantined entry is an error', async () => {
    await sql`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (0, '1-0', 'gap', 'm', '{}', '')`;
    const { code, text } = await run();
    await sql`DELETE FROM ledger_quarantine`;
    expect(text).toContain('ERROR    quarantine: 0 wallets, 1 journal entries');
    expect(code).toBe(1);
  });

  test('a provider event that waits for long is a warning', async () => {
    await sql`
      INSERT INTO webhook_inbox (provider, call_key, event_key, event, received_at, claimed_until)
      VALUES ('vapi', 'c', 'e', '{}', now() - interval '1 hour', now() + interval '1 hour')`;
    const { code, text } = await run();
    await sql`DELETE FROM webhook_inbox`;
    expect(text).toContain('warning  webhook inbox: 1 provider events wait');
    expect(code).toBe(0);
  });

  test('a Postgres that came back older than what Redis was told is an error', async () => {
    const committed = keys.committed(1);
    const before = await redis.get(committed);
    let code = 0;
    const told = async () => {
      // A flusher that takes the partition up again says how far Postgres is.
      await redis.set(committed, `${Date.now()}-0`);
      const answer = await run();
      code = answer.code;
      return answer.text;
    };
    await expect.poll(told, SLOW).toContain('Postgres is older than it was, in 1 partitions');
    if (before === null) await redis.del(committed);
    else await redis.set(committed, before);
    expect(code).toBe(1);
  });

  test('a migration of another release, and an applied one that was edited, are errors', async () => {
    await sql`INSERT INTO schema_migrations (name, sha256) VALUES ('9999_later.sql', '')`;
    const { code, text } = await run();
    await sql`DELETE FROM schema_migrations WHERE name = '9999_later.sql'`;
    expect(text).toContain('applied but not of this release: 9999_later.sql');
    expect(code).toBe(1);
  });

  test('a missing month is told before the rows come', async () => {
    const month = new Date();
    month.setUTCMonth(month.getUTCMonth() + 2, 1);
    const table = `ledger_entries_${month.toISOString().slice(0, 7).replace('-', '_')}`;
    await sql.unsafe(`ALTER TABLE ${table} RENAME TO set_aside`);
    const { text } = await run();
    await sql.unsafe(`ALTER TABLE set_aside RENAME TO ${table}`);
    expect(text).toContain(`warning  ledger months: ${table} is missing`);
  });

  test('unusable variables are named, their values never shown', async () => {
    const { code, text } = await run({ RINGFENCE_LEDGER_KEY: 'short', VAPI_WEBHOOK_SECRET: '' });
    expect(text).toContain('ERROR    environment: RINGFENCE_LEDGER_KEY: must be');
    expect(text).not.toContain('short');
    expect(code).toBe(1);
  });

  test('a store that is away is an error and does not hide the faults of the other', async () => {
    const away = 'postgres://nobody@127.0.0.1:1/none';
    await redis.config('SET', 'maxmemory', '0');
    const { code, text } = await run({ DATABASE_URL: away });
    await redis.config('SET', 'maxmemory', '268435456');
    expect(text).toContain('ERROR    postgres: it does not answer');
    expect(text).toContain('ERROR    redis maxmemory: no limit');
    expect(code).toBe(1);
  });

  test('calls that nobody extends or ends are an error, and a flusher that does not run is told', async () => {
    await ringfence.stop();
    await redis.zadd(keys.due(1), Date.now() - 120_000, 'hold_nobody');
    const { code, text } = await run();
    await redis.zrem(keys.due(1), 'hold_nobody');
    await ringfence.start();
    const [, lateMs] =
      /ERROR {4}enforcers: calls are due for (\d+) ms in 1 partitions/.exec(text) ?? [];
    expect(Number(lateMs)).toBeGreaterThanOrEqual(120_000);
    expect(text).toContain('warning  flushers: no flusher runs');
    expect(code).toBe(1);
  });

  test('a closed gate is a warning when no Ringfence runs', async () => {
    await ringfence.stop();
    await redis.script('FLUSH', 'SYNC');
    const { code, text } = await run();
    expect(text).toContain('warning  gate: closed: Redis was restarted and not recovered since');
    expect(code).toBe(0);
    await ringfence.start();
    expect((await run()).text).toContain('gate: open');
  });
});

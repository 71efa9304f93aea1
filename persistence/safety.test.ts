import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/services.ts';
import { connect } from './connect.ts';
import { type PostgresSettings, postgresFaults, readPostgresSettings } from './safety.ts';

const fit: PostgresSettings = {
  versionNumber: 180_004,
  version: '18.4',
  fsync: 'on',
  synchronousCommit: 'on',
  fullPageWrites: 'on',
  inRecovery: false,
  isolation: 'read committed',
  readOnly: false,
  encoding: 'UTF8',
  statementTimeoutMs: 0,
  idleSessionTimeoutMs: 0,
};

describe('postgresFaults', () => {
  test('finds nothing wrong with a Postgres that keeps what it acknowledged', () => {
    expect(postgresFaults(fit)).toEqual([]);
    expect(postgresFaults({ ...fit, synchronousCommit: 'remote_apply' })).toEqual([]);
  });

  test.each([
    [{ fsync: 'off' }, 'fsync'],
    [{ synchronousCommit: 'off' }, 'synchronous_commit'],
    [{ inRecovery: true }, 'role'],
    [{ versionNumber: 140_009, version: '14.9' }, 'version'],
  ])('%j is unsafe', (changes, setting) => {
    expect(postgresFaults({ ...fit, ...changes })).toMatchObject([{ setting, unsafe: true }]);
  });

  test('full_page_writes off is a warning: some file systems do not need it', () => {
    expect(postgresFaults({ ...fit, fullPageWrites: 'off' })).toMatchObject([
      { severity: 'warning', unsafe: false },
    ]);
  });
});

describe('what loses no money does not keep Ringfence from starting', () => {
  test.each([
    [{ isolation: 'serializable' }, 'default_transaction_isolation', 'error'],
    [{ readOnly: true }, 'default_transaction_read_only', 'error'],
    [{ encoding: 'SQL_ASCII' }, 'server_encoding', 'error'],
    [{ statementTimeoutMs: 5_000 }, 'statement_timeout', 'warning'],
    [{ idleSessionTimeoutMs: 60_000 }, 'idle_session_timeout', 'warning'],
  ])('%j', (changes, setting, severity) => {
    expect(postgresFaults({ ...fit, ...changes })).toMatchObject([
      { setting, severity, unsafe: false },
    ]);
  });

  test('a statement may have a long time', () => {
    expect(postgresFaults({ ...fit, statementTimeoutMs: 60_000 })).toEqual([]);
  });
});

describe('a real Postgres', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  test('is judged by what its connections get, also when one database is set otherwise', async () => {
    const ask = async () => {
      const sql = connect(database.url, { max: 1, applicationName: 'safety' });
      const faults = postgresFaults(await readPostgresSettings(sql));
      await sql.unsafe(`ALTER DATABASE ${database.name} SET synchronous_commit = off`);
      await sql.end();
      return faults.map((fault) => fault.setting);
    };
    expect(await ask()).toEqual([]);
    expect(await ask()).toEqual(['synchronous_commit']);
  });
});

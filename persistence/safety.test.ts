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

import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { connect, type Sql } from '../connect.ts';
import { bytesArray, integerArray, textArray } from './array-text.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url, { max: 1, applicationName: 'test' });
});

afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await database?.drop();
});

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom('', 'NULL', 'null', '"', '\\', '\\"', '{a,b}', ' a ', ',', "'", '\n'),
  )
  .filter((value) => !value.includes('\0'));

test('Postgres reads each column as it was given', async () => {
  const cells = fc.record({
    text: fc.option(text),
    integer: fc.option(fc.maxSafeInteger()),
    bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    json: fc.option(fc.dictionary(text, text, { maxKeys: 3 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cells, { maxLength: 30 }), async (rows) => {
      const found = await sql`
        SELECT text, integer, bytes, json FROM unnest(
          ${textArray(rows, (row) => row.text)}::text[],
          ${integerArray(rows, (row) => row.integer)}::bigint[],
          ${bytesArray(rows, (row) => row.bytes)}::bytea[],
          ${textArray(rows, ({ json }) => (json === null ? null : JSON.stringify(json)))}::jsonb[]
        ) WITH ORDINALITY AS rows (text, integer, bytes, json, position) ORDER BY position`;
      expect([...found]).toEqual(rows.map((row) => ({ ...row, integer: row.integer })));
    }),
  );
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseHeader } from '../generate/header.ts';
import { RedisPartition } from '../model/test/redis-partition.ts';
import { snapshotOf } from '../model/test/snapshot-of.ts';
import type { Case } from './test/case.ts';
import { ENDING } from './test/ending.ts';
import { EXPIRING } from './test/expiring.ts';
import { EXTENDING } from './test/extending.ts';
import { type KeyWatch, watchKeys } from './test/key-watch.ts';
import { LIVING } from './test/living.ts';
import { MEMORY } from './test/memory.ts';
import { MOVING } from './test/moving.ts';
import { OPENING } from './test/opening.ts';
import { RECORDING } from './test/recording.ts';
import { RECOVERING } from './test/recovering.ts';
import { TRANSFERRING } from './test/transferring.ts';
import { runModel, runRedis } from './test/worlds.ts';

const TABLES: Readonly<Record<string, readonly Case[]>> = {
  opening: OPENING,
  recording: RECORDING,
  living: LIVING,
  extending: EXTENDING,
  ending: ENDING,
  expiring: EXPIRING,
  moving: MOVING,
  transferring: TRANSFERRING,
  memory: MEMORY,
  recovering: RECOVERING,
};
/** Scripts without a rule in the model: their own tests look after them. */
const WITHOUT_RULES = new Set(['clock', 'fence', 'read', 'trim']);

let redis: RedisPartition;
let touched: KeyWatch;
const seen = new Set<string>();
beforeAll(async () => {
  redis = await RedisPartition.open();
  touched = await watchKeys(redis.raw);
});
afterAll(async () => {
  touched.stop();
  await redis.close();
});

describe.each(Object.entries(TABLES))('%s', (_, cases) => {
  test('no two rows share a name', () => {
    expect(new Set(cases.map((row) => row.name)).size).toBe(cases.length);
  });

  test.each(cases.map((row) => [row.name, row] as const))('model: %s', (_name, row) => {
    const { answer, rows } = runModel(row);
    expect(answer).toMatchObject(row.answer);
    expect(rows).toEqual(row.rows ?? []);
  });

  test.each(cases.map((row) => [row.name, row] as const))('redis: %s', async (_name, row) => {
    const model = runModel(row);
    const { answer, rows, trace } = await runRedis(redis, row);
    for (const item of trace) seen.add(item);
    expect(answer).toMatchObject(row.answer);
    expect(rows).toEqual(row.rows ?? []);
    expect(answer).toEqual(model.answer);
    expect(await redis.snapshot(model.world)).toEqual(snapshotOf(model.world));
    if (row.trace) expect(statusesOf(row, trace)).toEqual(row.trace);
  });
});

/** What the command's own script said, from its run on. */
function statusesOf(row: Case, trace: readonly string[]): string[] {
  return trace
    .slice(trace.lastIndexOf('') + 1)
    .filter((item) => item.startsWith(`${row.command.verb} `))
    .map((item) => item.slice(row.command.verb.length + 1));
}

test('no script touches a key that its call has not declared', async () => {
  const calls = () => touched.calls();
  await expect.poll(calls).toBeGreaterThan(500);
  expect(touched.touches()).toBeGreaterThan(calls());
  expect(touched.undeclared()).toEqual([]);
});

test('every status that a script can return has a row', () => {
  const folder = join(import.meta.dirname, '../lua');
  const statuses = readdirSync(folder)
    .filter((name) => name.endsWith('.lua') && !WITHOUT_RULES.has(name.slice(0, -4)))
    .map((name) => parseHeader(name, readFileSync(join(folder, name), 'utf8')))
    .flatMap(({ verb, replies }) => replies.map((reply) => `${verb} ${reply.status}`));
  expect(statuses.length).toBeGreaterThan(100);
  expect(statuses.filter((status) => !seen.has(status))).toEqual([]);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Sql } from '../../persistence/index.ts';
import { type RedisImage, redisImage } from '../test-image.ts';
import { runCommand, type TestRingfence, testRingfence } from '../test-ringfence.ts';
import { quarantine } from './quarantine.ts';
import { verify } from './verify.ts';

let ringfence: TestRingfence;
let sql: Sql;
let redis: RedisImage;
let organizationId: string;
beforeAll(async () => {
  ringfence = await testRingfence();
  sql = connect(ringfence.database.url, { max: 1, applicationName: 'test' });
  redis = await redisImage(ringfence.redis.url);
  organizationId = String((await ringfence.post('/v1/organizations', { name: 'Acme' })).id);
});
afterAll(async () => {
  redis.stop();
  await sql.end();
  await ringfence.end();
});

async function run(...args: string[]) {
  const answer = await runCommand(quarantine, args, ringfence.env);
  await ringfence.ready();
  return answer;
}
const why = ['--reason', "the provider's record says both", '--by', 'tester'];

/** A wallet with 5,000,000 in two deposits. */
async function wallet() {
  const made = await ringfence.post('/v1/wallets', {
    organization_id: organizationId,
    currency: 'usd',
  });
  const id = String(made.id);
  for (const amount of [3_000_000, 2_000_000]) {
    const body = { kind: 'deposit', amount_micros: amount };
    await ringfence.post(`/v1/wallets/${id}/credits`, body);
  }
  const [row] = await sql<{ partition: number }[]>`SELECT partition FROM wallets WHERE id = ${id}`;
  return { id, partition: row?.partition ?? 0 };
}

const charge = (id: string, amount: number) =>
  ringfence.post(`/v1/wallets/${id}/charges`, { amount_micros: amount });

const isFrozen = async (id: string) => (await ringfence.get(`/v1/wallets/${id}`)).status;

/** Redis forgets the second deposit and goes on: the ledger has another second row. */
async function forked() {
  const made = await wallet();
  await redis.alterWallet(made.partition, made.id, { sequence: 1, postedMicros: 3_000_000 });
  await charge(made.id, 400);
  await expect.poll(async () => (await run('list')).text, { timeout: 60_000 }).toContain(made.id);
  await expect
    .poll(() => ringfence.get(`/v1/wallets/${made.id}`).catch(() => undefined), {
      timeout: 60_000,
    })
    .toMatchObject({ frozen_by: ['quarantine'], posted_micros: 5_000_000 });
  return made;
}

async function verified(): Promise<string> {
  return (await runCommand(verify, [], ringfence.env)).text;
}

describe('quarantine', () => {
  test('lists nothing, and exits 0, while nothing is set aside', async () => {
    expect(await run('list')).toEqual({ code: 0, text: '0 wallets, 0 records to acknowledge\n' });
  });

  test('a fork is shown beside what the ledger has, and released on top of it; the engine sees it', async () => {
    const { id, partition } = await forked();
    const list = await run('list');
    expect(list.code).toBe(1);
    expect(list.text).toMatch(
      new RegExp(
        `${id} of ${organizationId}, partition ${partition}: \\d+ entries wait since .*; the first is a fork`,
      ),
    );
    const show = await run('show', id);
    expect(show.text).toContain(`${id}, partition ${partition}: in quarantine`);
    expect(show.text).toContain('fork: Redis and the ledger have different pasts');
    expect(show.text).toMatch(
      /row: sequence 2, charge -400; the ledger has ent_\w+: deposit 2000000/,
    );
    const { waiting } = JSON.parse((await run('show', id, '--json')).text);
    expect(waiting[0]).toMatchObject({
      kind: 'fork',
      rows: [{ sequence: 2, amount_micros: -400 }],
    });

    const asIs = await run('release', id, ...why);
    expect(asIs).toMatchObject({ code: 1, text: expect.stringContaining('nothing was changed') });
    expect(asIs.text).toContain('--rebase');
    expect(await isFrozen(id)).toBe('frozen');

    const released = await run('release', id, '--rebase', ...why);
    expect(released.text).toMatch(/^released wal_\w+: \d+ entries went into the ledger, on top of/);
    expect(released.code).toBe(0);
    expect(await ringfence.get(`/v1/wallets/${id}`)).toMatchObject({
      status: 'active',
      posted_micros: 4_999_600,
    });
    await charge(id, 600);
    expect(await ringfence.get(`/v1/wallets/${id}`)).toMatchObject({ posted_micros: 4_999_000 });
    await expect.poll(verified, { timeout: 60_000 }).toMatch(/\n0 differences\n$/);
    const [action] = await sql`SELECT operator, command, reason, details FROM operator_actions`;
    expect(action).toMatchObject({
      operator: 'tester',
      command: 'quarantine release',
      reason: why[1],
      details: { wallet_ids: [id], rebased: true },
    });
  });

  test('a key that was used twice is acknowledged, and no record that a wallet waits for', async () => {
    const { id, partition } = await wallet();
    const [record] = await sql<{ id: number }[]>`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (${partition}, '1-0', 'natural_key', 'm', ${[id]}, '') RETURNING id`;
    expect((await run('list')).text).toContain(`record ${record?.id}, `);
    expect(await run('acknowledge', String(record?.id), ...why)).toMatchObject({ code: 0 });
    expect(await run('acknowledge', String(record?.id), ...why)).toMatchObject({ code: 1 });
    expect((await run('list')).code).toBe(0);
  });

  test('a wrong command line is said so', async () => {
    await expect(run()).rejects.toThrow('say list, show <wallet>, release <wallet>');
    await expect(run('release')).rejects.toThrow('release: name the wallet');
    await expect(run('release', 'wal_a')).rejects.toThrow('--reason is missing');
    await expect(run('show', 'wal_none')).rejects.toThrow('there is no wallet wal_none');
    await expect(run('release', 'wal_none', ...why)).rejects.toThrow('there is no wallet wal_none');
    await expect(run('acknowledge', 'x', ...why)).rejects.toThrow('no record');
    const { id } = await wallet();
    expect(await run('release', id, ...why)).toEqual({
      code: 1,
      text: `${id} is not in quarantine\n`,
    });
  });
});

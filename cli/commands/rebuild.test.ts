import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys, partitionOf } from '../../engine/index.ts';
import { connect, type Sql } from '../../persistence/index.ts';
import { type RedisImage, redisImage } from '../test-image.ts';
import { runCommand, type TestRingfence, testRingfence } from '../test-ringfence.ts';
import { rebuild } from './rebuild.ts';
import { verify } from './verify.ts';

const SLOW = { timeout: 60_000 };
/** A command in a process of its own: on a machine that twenty others want, it takes a minute to come so far. */
const STARTED_MS = 300_000;

let ringfence: TestRingfence;
let sql: Sql;
let redis: RedisImage;
/** One organization in each of the two partitions. */
const organizations = new Map<number, string>();
beforeAll(async () => {
  ringfence = await testRingfence();
  sql = connect(ringfence.database.url, { max: 3, applicationName: 'test' });
  redis = await redisImage(ringfence.redis.url);
  while (organizations.size < 2) {
    const id = String((await ringfence.post('/v1/organizations', { name: 'Acme' })).id);
    organizations.set(partitionOf(id, 2), id);
  }
  const price = { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' };
  await ringfence.put('/v1/prices/voice_minute', price);
});
afterAll(async () => {
  redis.stop();
  await sql.end();
  await ringfence.end();
});

async function run(...args: string[]) {
  const answer = await runCommand(rebuild, args, ringfence.env);
  await ringfence.ready();
  return answer;
}
const verified = async () => (await runCommand(verify, [], ringfence.env)).text;
const isSound = () => expect.poll(verified, SLOW).toMatch(/\n0 differences\n$/);

/** A wallet with 5,000,000, all of it in the ledger. */
async function wallet(partition = 0) {
  const organization_id = organizations.get(partition) ?? '';
  const made = await ringfence.post('/v1/wallets', { organization_id, currency: 'usd' });
  const id = String(made.id);
  await ringfence.post(`/v1/wallets/${id}/credits`, {
    kind: 'deposit',
    amount_micros: 5_000_000,
    wait_for: 'ledger',
  });
  return { id, partition, organization_id };
}

/** Of a wallet the ledger and Redis agree on everything: its money, and how much is held. */
async function money(id: string) {
  const { posted_micros, held_micros, status } = await ringfence.get(`/v1/wallets/${id}`);
  return { posted_micros, held_micros, status };
}

/** Tries until the partition is open again. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  let answer: T | undefined;
  const tried = async () => {
    answer = await work().catch(() => undefined);
    return answer;
  };
  await expect.poll(tried, SLOW).toBeDefined();
  return answer as T;
}

describe('rebuild', () => {
  test('without --yes shows what it would do, and does none of it', async () => {
    const { id } = await wallet();
    await redis.alterWallet(0, id, { postedMicros: 9_000_000 });
    const { code, text } = await run();
    expect(text).toMatch(
      /partition 0: ledger \d+ wallets, 0 open holds \(0 calls\); Redis \d+ wal/,
    );
    expect(text).toContain(`${id}: redis postedMicros: expected 5000000, found 9000000: put back`);
    expect(text).toMatch(/2 partitions; .* 1 differences to mend/);
    expect(text).toMatch(/nothing was changed; --yes does it\n$/);
    expect(code).toBe(0);
    expect((await redis.wallet(0, id)).postedMicros).toBe(9_000_000);
    expect(await sql`SELECT 1 FROM operator_actions WHERE command = 'rebuild'`).toHaveLength(0);
    await run('--yes', '--wallet', id);
  });

  test('mends a wallet of the right sequence and a wrong balance under a live call, which goes on', async () => {
    const { id, organization_id } = await wallet();
    const call = { call_id: 'lives', organization_id, wallet_id: id };
    await ringfence.post('/v1/calls', call);
    await ringfence.post('/v1/calls/lives/start', {});
    await redis.alterWallet(0, id, { postedMicros: 1, heldMicros: 1 });
    const { code, text } = await run('--yes');
    expect(text).toMatch(/partition 0: \d+ journal entries taken in or compared, \d+ keys cleared/);
    expect(text).toMatch(/\n0 differences\n$/);
    expect(code).toBe(0);
    const check = await eventually(() => ringfence.post('/v1/calls/lives/check', {}));
    expect(check).toMatchObject({ endCall: false });
    await ringfence.post('/v1/calls/lives/end', { duration_seconds: 60 });
    expect(await money(id)).toEqual({
      posted_micros: 4_940_000,
      held_micros: 0,
      status: 'active',
    });
    await isSound();
    const again = await run('--yes', '--reason', 'to be sure', '--by', 'tester');
    expect(again).toMatchObject({ code: 0, text: expect.stringMatching(/\n0 differences\n$/) });
    expect(await eventually(() => money(id))).toMatchObject({ posted_micros: 4_940_000 });
    const [action] = await sql`
      SELECT operator, reason FROM operator_actions WHERE command = 'rebuild'
      ORDER BY id DESC LIMIT 1`;
    expect(action).toEqual({ operator: 'tester', reason: 'to be sure' });
    await isSound();
  });

  test('of one wallet leaves the others in Redis alone; its open hold comes back, and bytes that are no wallet go', async () => {
    const [one, other] = [await wallet(1), await wallet(1)];
    const hold = { wallet_id: one.id, amount_micros: 1_000_000 };
    await ringfence.post('/v1/holds', hold);
    await ringfence.post('/v1/holds', { ...hold, wallet_id: other.id });
    await isSound();
    await redis.raw.set(keys.wallet(1, one.id), 'no wallet');
    const before = await redis.raw.getBuffer(keys.wallet(1, other.id));
    const look = await run('--wallet', one.id);
    expect(look.text).toContain(`${one.id}: redis packed state: expected a wallet, found other`);
    expect(await run('--yes', '--wallet', one.id)).toMatchObject({ code: 0 });
    expect(await redis.raw.getBuffer(keys.wallet(1, other.id))).toEqual(before);
    expect(await eventually(() => money(one.id))).toMatchObject({ held_micros: 1_000_000 });
    await isSound();
  });

  test('of one partition leaves the other alone', async () => {
    const [mended, left] = [await wallet(0), await wallet(1)];
    await redis.alterWallet(0, mended.id, { postedMicros: 6 });
    const putBack = await redis.alterWallet(1, left.id, { postedMicros: 6 });
    expect(await run('--yes', '--partition', '0')).toMatchObject({ code: 0 });
    expect((await redis.wallet(1, left.id)).postedMicros).toBe(6);
    await putBack();
    expect(await eventually(() => money(mended.id))).toMatchObject({ posted_micros: 5_000_000 });
    await isSound();
  });

  test('refuses to destroy what only Redis has, by name, unless it is told to', async () => {
    const { id } = await wallet();
    await redis.alterWallet(0, id, { sequence: 9, postedMicros: 7_000_000 });
    const refused = await run('--yes', '--reason', 'why not');
    expect(refused.text).toContain(`${id}: ahead: 8 mutations that neither ledger nor journal has`);
    expect(refused.text).toContain(`refused: ${id} would lose what only Redis has`);
    expect(refused.code).toBe(1);
    expect((await redis.wallet(0, id)).postedMicros).toBe(7_000_000);
    await expect(run('--yes', '--discard', id)).rejects.toThrow('--reason is missing');
    const done = await run('--yes', '--discard', id, '--reason', 'entered by hand');
    expect(done).toMatchObject({ code: 0 });
    expect(await eventually(() => money(id))).toMatchObject({ posted_micros: 5_000_000 });
    const [action] = await sql<{ details: { discarded: unknown } }[]>`
      SELECT details FROM operator_actions WHERE command = 'rebuild' AND reason = 'entered by hand'
        AND details->>'partition' = '0'`;
    expect(action?.details.discarded).toEqual([
      expect.objectContaining({ wallet_id: id, sequence: 9, posted_micros: 7_000_000 }),
    ]);
    await isSound();
  });

  test('refuses while a wallet in quarantine has more in Redis than in the ledger', async () => {
    const { id } = await wallet();
    await sql`UPDATE wallet_snapshots SET quarantined = true WHERE wallet_id = ${id}`;
    const putBack = await redis.alterWallet(0, id, { sequence: 4, quarantined: true });
    const { code, text } = await run('--yes');
    expect(text).toContain(`${id}: in quarantine: 0 entries wait, Redis has 3 mutations more`);
    expect(code).toBe(1);
    expect((await redis.wallet(0, id)).sequence).toBe(4);
    await sql`UPDATE wallet_snapshots SET quarantined = false WHERE wallet_id = ${id}`;
    await putBack();
  });

  test('refuses to copy a damaged ledger', async () => {
    const { id } = await wallet();
    await sql`UPDATE wallet_snapshots SET posted_micros = posted_micros + 1 WHERE wallet_id = ${id}`;
    const { code, text } = await run('--yes');
    await sql`UPDATE wallet_snapshots SET posted_micros = posted_micros - 1 WHERE wallet_id = ${id}`;
    expect(text).toContain(`refused: the ledger is damaged: ${id}: snapshot posted: expected 5000`);
    expect(code).toBe(1);
  });

  test('works with no Ringfence running, takes the journal in first, and brings open holds back', async () => {
    const { id } = await wallet(1);
    await ringfence.stop();
    await ringfence.start({ RINGFENCE_ROLE: 'api' });
    await ringfence.post('/v1/holds', { wallet_id: id, amount_micros: 300_000 });
    await ringfence.post(`/v1/wallets/${id}/charges`, { amount_micros: 200_000 });
    await ringfence.stop();
    const look = await run();
    expect(look.text).toMatch(/the ledger does not have 2 journal entries yet \(200000 micros/);
    expect(await run('--yes')).toMatchObject({ code: 0 });
    expect(await redis.wallet(1, id)).toMatchObject({ postedMicros: 4_800_000 });
    expect(await verified()).toMatch(/\n0 differences\n$/);
    await ringfence.start();
    expect(await money(id)).toMatchObject({ posted_micros: 4_800_000, held_micros: 300_000 });
  });

  test('a wrong command line is said so', async () => {
    await expect(run('--partition', '2')).rejects.toThrow('a whole number from 0 to 1');
    await expect(run('--wallet', 'wal_none')).rejects.toThrow('there is no wallet wal_none');
    await expect(run('--partition', '0', '--wallet', 'w')).rejects.toThrow('not both');
    const json = JSON.parse((await run('--json')).text);
    expect(json).toMatchObject({ refused: false, done: null, partitions: [{}, {}] });
  });
});

describe('a rebuild that is killed between clearing and restoring', () => {
  test('is made good by a second one, and by a Ringfence that starts', async () => {
    const { id } = await wallet();
    await ringfence.post('/v1/holds', { wallet_id: id, amount_micros: 400_000 });
    await ringfence.stop();
    for (const mend of [async () => (await run('--yes')).code, async () => 0]) {
      await killedOnceCleared();
      expect(await redis.raw.exists(keys.wallet(0, id))).toBe(0);
      expect(await mend()).toBe(0);
    }
    await ringfence.start();
    const body = { amount_micros: 100_000 };
    await eventually(() => ringfence.post(`/v1/wallets/${id}/charges`, body));
    expect(await money(id)).toMatchObject({ posted_micros: 4_900_000, held_micros: 400_000 });
    await isSound();
  }, 1_800_000);
});

/** Holds the command up in its first partition by locks on what it reads next, and kills it there. */
async function killedOnceCleared(): Promise<void> {
  const one = { max: 1, applicationName: 'test' };
  const [actions, holds] = [1, 2].map(() => connect(ringfence.database.url, one)) as [Sql, Sql];
  const script = 'import("./cli/main.ts").then((m) => m.main(process.argv.slice(1)))';
  const args = ['--import', 'tsx', '-e', script, 'rebuild', '--partition', '0', '--yes'];
  await actions`BEGIN`;
  await actions`LOCK TABLE operator_actions`;
  const command = spawn(process.execPath, args, {
    env: { ...process.env, ...ringfence.env },
    stdio: 'ignore',
  });
  const exited = once(command, 'exit');
  try {
    await waiting('operator_actions', command);
    await holds`BEGIN`;
    await holds`LOCK TABLE holds`;
    await actions`ROLLBACK`;
    await waiting('holds', command);
  } finally {
    command.kill('SIGKILL');
    await exited;
    await Promise.all([actions.end({ timeout: 1 }), holds.end({ timeout: 1 })]);
  }
}

/** The command waits for a lock on this table. Other databases have tables of the same number. */
async function waiting(table: string, command: ChildProcess): Promise<void> {
  const isWaiting = async () => {
    if (command.exitCode !== null) throw new Error(`the command ended with ${command.exitCode}`);
    const waiters = await sql`
      SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
      WHERE datname = current_database() AND relation = ${table}::regclass AND NOT granted`;
    return waiters.length;
  };
  await expect.poll(isWaiting, { timeout: STARTED_MS }).toBeGreaterThan(0);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection, keys, packWalletState, unpackWalletState } from '../../engine/index.ts';
import { connect, type Sql } from '../../persistence/index.ts';
import { runCommand, type TestRingfence, testRingfence } from '../test-ringfence.ts';
import { verify } from './verify.ts';

let ringfence: TestRingfence;
let sql: Sql;
let walletId: string;
beforeAll(async () => {
  ringfence = await testRingfence();
  sql = connect(ringfence.database.url, { max: 1, applicationName: 'test' });
  const { id } = await ringfence.post('/v1/organizations', { name: 'Acme' });
  const wallet = await ringfence.post('/v1/wallets', { organization_id: id, currency: 'usd' });
  walletId = String(wallet.id);
  const credits = `/v1/wallets/${walletId}/credits`;
  await ringfence.post(credits, { kind: 'deposit', amount_micros: 5_000_000 });
  await ringfence.post(credits, { kind: 'deposit', amount_micros: 2_000_000 });
  await ringfence.post('/v1/holds', { wallet_id: walletId, amount_micros: 1_000_000 });
});
afterAll(async () => {
  await sql.end();
  await ringfence.end();
});

const run = (...args: string[]) => runCommand(verify, args, ringfence.env);

/** Replaces the packed wallet in Redis behind the engine's back; answers how to put it back. */
async function alterInRedis(changes: { postedMicros?: number; sequence?: number }) {
  const redis = createConnection(ringfence.redis.url);
  await redis.connect();
  const [row] = await sql<{ partition: number }[]>`SELECT partition FROM wallets`;
  const key = keys.wallet(row?.partition ?? 0, walletId);
  const before = await redis.getBuffer(key);
  if (before === null) throw new Error('the wallet is not in Redis');
  await redis.set(key, packWalletState({ ...unpackWalletState(before), ...changes }));
  return async () => {
    await redis.set(key, before);
    redis.disconnect();
  };
}

describe('verify', () => {
  test('says 0 differences and exits 0 while Ringfence runs', async () => {
    const { code, text } = await run();
    expect(text).toMatch(/checked 1 wallets, [23] entries, 1 wallets in Redis\n0 differences\n$/);
    expect(code).toBe(0);
  });

  test('finds an amount that was altered in the ledger: arithmetic and hash chain', async () => {
    await sql`UPDATE ledger_entries SET amount_micros = amount_micros + 1 WHERE sequence = 1`;
    const { code, text } = await run();
    await sql`UPDATE ledger_entries SET amount_micros = amount_micros - 1 WHERE sequence = 1`;
    expect(text).toContain(`${walletId}: posted at sequence 1: expected 5000001, found 5000000`);
    expect(text).toContain(`${walletId}: hash at sequence 1: expected `);
    expect(code).toBe(1);
    expect((await run()).code).toBe(0);
  });

  test('finds a balance that was altered in Redis', async () => {
    const restore = await alterInRedis({ postedMicros: 9_000_000 });
    const { code, text } = await run('--wallet', walletId);
    await restore();
    expect(text).toContain(`${walletId}: redis postedMicros: expected 7000000, found 9000000`);
    expect(code).toBe(1);
  });

  test('finds a Redis that is behind the ledger behind an open gate', async () => {
    const restore = await alterInRedis({ sequence: 1 });
    const { code, text } = await run('--json');
    await restore();
    expect(JSON.parse(text)).toMatchObject({
      gate: 'open',
      difference_count: 1,
      differences: [{ wallet_id: walletId, what: 'redis sequence', found: '1' }],
    });
    expect(code).toBe(1);
  });

  test('finds a deleted snapshot of an open hold', async () => {
    await expect.poll(async () => (await sql`SELECT id FROM holds`).length).toBe(1);
    const [hold] = await sql`SELECT * FROM holds`;
    await sql`DELETE FROM holds`;
    const { code, text } = await run();
    await sql`INSERT INTO holds ${sql(hold ?? {})}`;
    expect(text).toContain('held by open holds: expected 0, found 1000000');
    expect(code).toBe(1);
  });

  test('names the entry, and what was altered in it', async () => {
    await sql`UPDATE ledger_entries SET description = 'forged' WHERE sequence = 1`;
    const { text } = await run('--wallet', walletId, '--wallet', walletId);
    await sql`UPDATE ledger_entries SET description = NULL WHERE sequence = 1`;
    expect(text).toMatch(
      /hash at sequence 1: .* \(ent_[0-9a-z]+: description was null, is "forged"\)\n/,
    );
  });

  test('says what it trusts when it replays only what is recent', async () => {
    const { code, text } = await run('--since', new Date(Date.now() + 60_000).toISOString());
    expect(text).toContain('trusted, not read: rows before ');
    expect(text).toContain('of 1 wallets from the stored hash of their last row before that time');
    expect(code).toBe(0);
  });

  test('compares the ledger with what its log says of it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-log-'));
    const log = path.join(folder, 'log');
    const head = { msg: 'ledger head', until: new Date(Date.now() + 1_000).toISOString() };
    await writeFile(log, `no JSON\n${JSON.stringify({ ...head, rows: 99 })}\n`);
    const { code, text } = await run('--digests', log);
    expect(text).toMatch(/ledger: rows of the day until .*: expected 99, found [23]\n/);
    expect(code).toBe(1);
    await writeFile(log, '{}\n');
    await expect(run('--digests', log)).rejects.toThrow('has no line "ledger digest"');
    await rm(folder, { recursive: true });
    await expect(run('--digests', log)).rejects.toThrow('cannot be read');
  });

  test('shows a bar to a person', async () => {
    let text = '';
    const out = (more: string) => {
      text += more;
    };
    expect(await verify.run([], { env: ringfence.env, isTerminal: true, out })).toBe(0);
    expect(text).toMatch(/\r\[#+\] 100 % {2}1 wallets/);
  });

  test('a wallet that does not exist, or a wrong option, is said so', async () => {
    await expect(run('--wallet', 'wal_none')).rejects.toThrow('there is no wallet wal_none');
    await expect(run('--wallets')).rejects.toThrow("Unknown option '--wallets'");
    await expect(run('--connections', '17')).rejects.toThrow('17 is not from 1 to 16');
    await expect(run('--since', 'yesterday')).rejects.toThrow('yesterday is not a time');
  });

  test('after a stop and a restart of Redis, the closed gate is told and is no difference', async () => {
    await ringfence.stop();
    await ringfence.redis.restart();
    const { code, text } = await run();
    expect(text).toContain('the recovery gate is closed; it opens when Ringfence starts');
    expect(text).toMatch(/1 wallets in Redis\n0 differences\n$/);
    expect(code).toBe(0);
    await ringfence.start();
    expect((await run()).text).not.toContain('gate');
  });
});

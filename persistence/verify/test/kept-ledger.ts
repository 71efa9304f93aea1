/** A small ledger, flushed, that a test alters and that is put back as it was. */
import type { Redis } from 'ioredis';
import { keys, packWalletState, unpackWalletState } from '../../../engine/index.ts';
import { type EngineWorld, engineWorld } from '../../test/engine-world.ts';
import { CHAIN_KEY } from '../../test/ledger-world.ts';
import type { Difference } from '../difference.ts';
import type { VerifyInput } from '../input.ts';
import { verify } from '../verify.ts';

export const PARTITION = 1;
const KEPT = ['ledger_entries', 'wallet_snapshots', 'natural_keys', 'holds', 'ledger_digests'];

export interface KeptLedger {
  world: EngineWorld;
  redis: Redis;
  /** Three deposits, keys w1 to w3, and a call that has ended. */
  wallet: string;
  /** One deposit, key o1. */
  other: string;
  differences(more: Partial<VerifyInput>): Promise<Difference[]>;
  /** Deletes the wallet's rows after `sequence` and sets its snapshot back, whole. */
  cutOff(sequence: number): Promise<void>;
  putBack(): Promise<void>;
  stop(): Promise<void>;
}

export async function keptLedger(): Promise<KeptLedger> {
  const world = await engineWorld();
  const redis = await world.redis.connect(PARTITION);
  const [wallet, other] = [await world.wallet(PARTITION), await world.wallet(PARTITION)];
  const flusher = world.flusher('set-up');
  for (const n of [1, 2, 3]) await world.deposit(PARTITION, wallet, 10_000_000, `w${n}`);
  await world.deposit(PARTITION, other, 10_000_000, 'o1');
  await world.call(PARTITION, [wallet], 'closed', 5);
  await world.flushed();
  await flusher.stop();
  for (const table of KEPT) await world.sql.unsafe(`CREATE TABLE kept_${table} AS TABLE ${table}`);
  const journal = (await redis.dumpBuffer(keys.journal(PARTITION))) ?? Buffer.alloc(0);
  return {
    world,
    redis,
    wallet,
    other,
    async differences(more) {
      const found: Difference[] = [];
      const input = { sql: world.sql, chainKey: CHAIN_KEY, redis: world.engine, ...more };
      for await (const one of verify(input)) found.push(one);
      return found;
    },
    cutOff: (sequence) => cutOff(world, wallet, sequence),
    async putBack() {
      for (const table of KEPT) {
        await world.sql.unsafe(`DELETE FROM ${table}; INSERT INTO ${table} TABLE kept_${table}`);
      }
      await redis.restore(keys.journal(PARTITION), 0, journal, 'REPLACE');
    },
    async stop() {
      redis.disconnect();
      await world.stop();
    },
  };
}

export const whats = (found: readonly Difference[]) =>
  found.map(({ walletId, what }) => [walletId, what]);

async function cutOff({ sql }: EngineWorld, wallet: string, sequence: number): Promise<void> {
  await sql`DELETE FROM ledger_entries WHERE wallet_id = ${wallet} AND sequence > ${sequence}`;
  const [last] = await sql<
    { posted: number; held: number; hash: Buffer; state: Buffer; updatedAtMs: number }[]
  >`
    SELECT posted_after_micros AS posted, held_after_micros AS held, hash, state,
           round(extract(epoch FROM created_at) * 1000)::bigint AS "updatedAtMs"
    FROM ledger_entries JOIN wallet_snapshots USING (wallet_id)
    WHERE wallet_id = ${wallet} AND ledger_entries.sequence = ${sequence}`;
  if (last === undefined) throw new Error('no such row');
  const { posted: postedMicros, held: heldMicros, updatedAtMs } = last;
  const before = { sequence, postedMicros, heldMicros, updatedAtMs };
  const state = { ...unpackWalletState(last.state), ...before };
  await sql`
    UPDATE wallet_snapshots SET sequence = ${sequence}, posted_micros = ${postedMicros},
      held_micros = ${heldMicros}, chain_hash = ${last.hash},
      state = ${packWalletState({ ...state, liveCalls: 0 })}
    WHERE wallet_id = ${wallet}`;
}

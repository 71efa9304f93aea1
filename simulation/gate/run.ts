/**
 * How long the recovery gate stays shut over a million wallets, and what a wallet costs that is touched
 * for the first time after it.
 *
 *   fill -> deposits and live calls by the engine -> Redis dies and comes back empty -> first touches
 *        -> all wallets into Redis -> Redis dies and comes back with them -> verify a sample
 *
 * Two processes' engines ask all the time: one does the recovery, the other has to notice what is open.
 */
import type { HoldRef } from '../../engine/index.ts';
import { verify } from '../../persistence/index.ts';
import { createActs, each, loadWallets } from './acts.ts';
import { type FilledWallet, fill } from './fill.ts';
import { CHAIN_KEY } from './keys.ts';
import { type GateOptions, PARTITIONS, type Show } from './options.ts';
import { type Reopening, reopen } from './reopening.ts';
import { openStage, type Stage } from './stage.ts';
import { type Touches, touch } from './touches.ts';

export interface GateReport {
  readonly options: GateOptions;
  readonly wiped: Reopening;
  readonly touches: Touches;
  readonly restarted: Reopening;
  /** Wallets of the sample, and what verify found wrong with them. */
  readonly verified: number;
  readonly differences: number;
}

/** Wallets with a deposit: those are charged and verified. */
const SAMPLE = 2_000;
const TOUCHED = 220;

export async function measureGate(options: GateOptions, show: Show): Promise<GateReport> {
  const stage = await openStage();
  try {
    return await measureOn(stage, options, show);
  } finally {
    await stage.stop();
  }
}

async function measureOn(stage: Stage, options: GateOptions, show: Show): Promise<GateReport> {
  const [{ engine }] = stage.offices;
  const wallets = await fill(stage.sql, options.wallets, show);
  const acts = createActs();
  const sample = everyOf(wallets, SAMPLE);
  await each(
    sample,
    (wallet) => acts.deposit(engine, wallet),
    (done) => show(done, sample.length, `${done} deposits`),
  );
  const calls: HoldRef[] = [];
  const callers = wallets.filter(({ partition }) => partition < options.livePartitions);
  await each(
    Array.from({ length: options.liveCalls }),
    async (_, n) => {
      const wallet = callers[n % callers.length];
      if (wallet) calls.push(await acts.call(engine, wallet, `call-${n}`));
    },
    (done) => show(done, options.liveCalls, `${done} live calls`),
  );
  await stage.flush();
  const asked = oneOfEach(calls);

  const wiped = await reopen(stage.offices, asked, stage.wipe, show);
  const touched = everyOf(sample, TOUCHED);
  const touches = await stage.counted((office, doors) =>
    touch(office.engine, acts, touched, doors),
  );

  const loaded = everyOf(wallets, options.loaded);
  await loadWallets(engine, loaded, (n) => show(n, loaded.length, `${n} wallets in Redis`));
  await stage.flush();
  const restarted = await reopen(stage.offices, asked, stage.restart, show);

  await stage.flush();
  const walletIds = sample.map(({ id }) => id);
  let differences = 0;
  const input = { sql: stage.sql, chainKey: CHAIN_KEY, redis: engine, walletIds };
  for await (const _ of verify(input)) differences += 1;
  return { options, wiped, touches, restarted, verified: walletIds.length, differences };
}

/** So many of them, evenly spread, over all partitions. */
function everyOf(wallets: readonly FilledWallet[], count: number): FilledWallet[] {
  if (count >= wallets.length) return [...wallets];
  // Neighbours lie on neighbouring partitions: a step that shares no divisor with their number.
  const step = Math.max(1, Math.floor(wallets.length / count) | 1);
  return wallets.filter((_, i) => i % step === 0).slice(0, count);
}

/** One call of each partition that has any. */
function oneOfEach(calls: readonly HoldRef[]): HoldRef[] {
  const found = Array.from({ length: PARTITIONS }, (_, p) => calls.find((c) => c.partition === p));
  return found.flatMap((call) => call ?? []);
}

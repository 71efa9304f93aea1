/** One blow under load, and the accounts after it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadFigures } from './accounts/acknowledged.ts';
import type { Books } from './accounts/books.ts';
import { endAgain } from './accounts/end-again.ts';
import { checkLedger } from './accounts/ledger-check.ts';
import { levelMs } from './accounts/level.ts';
import { holeFaults, lossFaults, lossReachMs, vanishedFaults } from './accounts/losses.ts';
import { recoveries } from './accounts/recoveries.ts';
import { behindFaults, onLedger, verifyFaults } from './accounts/stores.ts';
import type { Tenant } from './load/errands.ts';
import { startLoad } from './load/load.ts';
import type { ParkedCalls } from './load/parked-calls.ts';
import type { Outcome, Strike } from './scenario.ts';
import type { Stage } from './stage.ts';

export interface Row {
  readonly label: string;
  readonly acknowledged: number;
  /** Of them: answered from the ledger. */
  readonly waited: number;
  readonly lost: number;
  /** How long before the blow had struck the oldest of the lost was acknowledged. */
  readonly reachMs: number;
  /** From the beginning of the blow until everything was started again. */
  readonly downMs: number;
  /** From then until every process was ready. */
  readonly backMs: number;
  /** From the end of the load until every wallet's ledger_sequence was its sequence. */
  readonly levelMs: number;
  readonly unanswered: Readonly<Record<string, number>>;
  readonly note: string;
  readonly faults: readonly string[];
}

export interface Ground {
  readonly stage: Stage;
  readonly tenants: readonly Tenant[];
  readonly parked: ParkedCalls;
  readonly books: Books;
  /** Of load before each blow. */
  readonly loadMs: number;
}

/** Mutations that are acknowledged just before the blow. */
const BURST = 100;
const AFTER_MS = 400;

export async function runCycle(ground: Ground, strike: Strike): Promise<Row> {
  const { stage, tenants, parked } = ground;
  await strike.prepare?.();
  const recoveredBefore = await recoveries(stage.urls());
  const load = startLoad(stage.client, tenants);
  try {
    await pause(ground.loadMs * (0.5 + Math.random()));
    await load.burst(BURST);
    const fromMs = Date.now();
    const outcome = await strike.blow({ figures: load.figures, parked, tenants });
    const toMs = Date.now();
    await stage.ready();
    const backMs = Date.now() - toMs;
    const behind = await behindFaults(stage.urls());
    await pause(AFTER_MS);
    await load.stop();
    const level = await levelMs(stage.client, tenants);
    await parked.stillLive();
    const hasRecovered = (await recoveries(stage.urls())) > recoveredBefore;
    const times = { downMs: toMs - fromMs, backMs, levelMs: level };
    const seen = { behind, outcome, hasRecovered, ...times };
    return await accounts(ground, strike, load.figures, seen);
  } catch (error) {
    // What went wrong is told at once: with the stores down clients would ask on for minutes, and then
    // their own failure would be told instead.
    await load.abandon();
    throw error;
  }
}

interface Seen {
  readonly behind: readonly string[];
  readonly outcome: Outcome;
  /** A partition was shut and recovered since the strike was prepared. */
  readonly hasRecovered: boolean;
  readonly downMs: number;
  readonly backMs: number;
  readonly levelMs: number;
}

async function accounts(
  { stage, books }: Ground,
  strike: Strike,
  figures: LoadFigures,
  seen: Seen,
): Promise<Row> {
  const { acknowledged } = figures;
  const { lost, faults, posted } = await onLedger(stage.urls(), (sql) =>
    checkLedger(sql, acknowledged),
  );
  books.bookAll(acknowledged, lost);
  const wrong = books.faults(posted);
  const again = await endAgain(stage.client, lost, figures);
  books.book(again.moves);
  const { struckAtMs, lossEndsAtMs = struckAtMs, windowMs = strike.windowMs } = seen.outcome;
  const blow = { struckAtMs, lossEndsAtMs };
  return {
    label: strike.label,
    acknowledged: acknowledged.length,
    waited: acknowledged.filter((one) => one.waited).length,
    lost: lost.length,
    reachMs: lossReachMs(struckAtMs, lost),
    downMs: seen.downMs,
    backMs: seen.backMs,
    levelMs: seen.levelMs,
    unanswered: tally(figures),
    note: seen.outcome.note ?? '',
    faults: [
      ...(seen.outcome.faults ?? []),
      ...seen.behind,
      ...figures.unexpected,
      ...faults,
      ...lossFaults(blow, windowMs, lost),
      ...holeFaults(struckAtMs, acknowledged, lost),
      ...vanishedFaults(figures, lost),
      ...wrong,
      ...again.faults,
      ...(strike.recovers && !seen.hasRecovered ? ['no partition was recovered'] : []),
      ...(await verifyFaults(stage.urls())),
    ],
  };
}

function tally({ unanswered }: LoadFigures): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { why } of unanswered) counts[why] = (counts[why] ?? 0) + 1;
  return counts;
}

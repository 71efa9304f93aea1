/** Scenarios on one stage, each from its tenants to its last accounts. */
import { figures } from '../acceptance/tenants.ts';
import { verified } from '../acceptance/verify.ts';
import { Books } from './accounts/books.ts';
import { checkLedger } from './accounts/ledger-check.ts';
import { levelMs } from './accounts/level.ts';
import { onLedger } from './accounts/stores.ts';
import { type Ground, type Row, runCycle } from './cycle.ts';
import { parkCalls } from './load/parked-calls.ts';
import { DEPOSIT_MICROS, makeTenants } from './load/tenants.ts';
import { headOf, lineOf, type Report, summaryOf } from './report.ts';
import type { ChaosOptions, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export type Print = (line: string) => void;

const TENANTS = 4;
const PARKED = 5;
/** Of load before each blow, in a scenario whose seconds mean something else. */
export const LOAD_SECONDS = 1;

/**
 * The stage is shared: it takes longer to start one than to strike it. After a fault nothing more is
 * struck, because what follows would only tell of it again.
 */
export async function runOn<S extends Stage>(
  open: () => Promise<S>,
  scenarios: readonly Scenario<S>[],
  options: ChaosOptions,
  print: Print,
): Promise<Report[]> {
  if (scenarios.length === 0) return [];
  const stage = await open();
  const reports: Report[] = [];
  try {
    for (const scenario of scenarios) {
      const report = await runScenario(stage, scenario, options, print);
      print(summaryOf(report));
      reports.push(report);
      if (!isClean(report)) break;
    }
    return reports;
  } finally {
    await stage.stop();
  }
}

export function isClean({ rows, faults }: Report): boolean {
  return faults.length === 0 && rows.every((row) => row.faults.length === 0);
}

async function runScenario<S extends Stage>(
  stage: S,
  scenario: Scenario<S>,
  options: ChaosOptions,
  print: Print,
): Promise<Report> {
  const { cycles = scenario.cycles, seconds = scenario.seconds } = options;
  print(`${scenario.name}: ${scenario.summary}\n${headOf()}`);
  const ground = await groundOn(stage, scenario.lasts ? LOAD_SECONDS : seconds);
  const rows: Row[] = [];
  for (let n = 0; n < cycles; n += 1) {
    const row = await runCycle(ground, scenario.strike(stage, n, seconds));
    print(lineOf(row, n + 1));
    rows.push(row);
    if (row.faults.length > 0) break;
  }
  const faults = await lastAccounts(ground);
  const verify = await verified(stage).catch((error: unknown) => {
    faults.push(error instanceof Error ? error.message : String(error));
    return 'differences';
  });
  return { scenario: scenario.name, rows, faults, verify };
}

async function groundOn(stage: Stage, loadSeconds: number): Promise<Ground> {
  const tenants = await makeTenants(stage.client, TENANTS);
  const [first] = tenants;
  if (first === undefined) throw new Error('there is no tenant');
  const books = new Books();
  for (const { walletId, agencyWalletId } of tenants) {
    for (const id of [walletId, agencyWalletId]) {
      books.book([{ walletId: id, amountMicros: DEPOSIT_MICROS }]);
    }
  }
  const parked = await parkCalls(stage.client, first, PARKED);
  return { stage, tenants, parked, books, loadMs: loadSeconds * 1_000 };
}

/** The parked calls end as any other, every balance is what it must be, and nothing is held any more. */
async function lastAccounts({ stage, parked, books, tenants }: Ground): Promise<string[]> {
  books.book(await parked.end());
  await levelMs(stage.client, tenants);
  const { posted, faults } = await onLedger(stage.urls(), (sql) => checkLedger(sql, []));
  const left: string[] = [];
  for (const id of tenants.flatMap((one) => [one.walletId, one.agencyWalletId])) {
    const { held, liveCalls } = await figures(stage.client, id);
    if (held !== 0 || liveCalls !== 0) left.push(`${id}: ${held} held, ${liveCalls} live calls`);
  }
  return [...faults, ...books.faults(posted), ...left];
}

/**
 * Kills Ringfence and its stores under load, again and again, and then does the accounts.
 *
 *   clients over HTTP, every acknowledgement written down -> blow -> gate -> ledger = acknowledgements
 *
 * After each blow every acknowledgement is looked up in the ledger: once, whole, with its amounts;
 * every balance is recomputed from the acknowledgements; no wallet in Redis may be behind Postgres,
 * and `verify` has to find 0 differences. What only Redis knew may be lost where Redis dies, and only
 * what was acknowledged just before, without `wait_for: ledger`: it is counted.
 */
import type { Report } from './report.ts';
import { isClean, type Print, runOn } from './run.ts';
import type { ChaosOptions } from './scenario.ts';
import { aofCut } from './scenarios/aof-cut.ts';
import { bothAway } from './scenarios/both-away.ts';
import { clusterFailover } from './scenarios/cluster-failover.ts';
import { clusterMigrate } from './scenarios/cluster-migrate.ts';
import { embedded } from './scenarios/embedded.ts';
import { postgresAway, postgresKill, postgresRestored } from './scenarios/postgres.ts';
import { processes } from './scenarios/processes.ts';
import { redisKill } from './scenarios/redis-kill.ts';
import { redisWipe } from './scenarios/redis-wipe.ts';
import { sentinelFailover } from './scenarios/sentinel-failover.ts';
import { openApart, openCluster, openEmbedded, openSentinels } from './stage.ts';

/**
 * In this order: where Redis was rebuilt, the ledger is asked about keys that it does not know, and
 * nothing goes on without Postgres.
 */
const APART = [
  processes,
  postgresAway,
  postgresKill,
  postgresRestored,
  redisKill,
  bothAway,
  aofCut,
  redisWipe,
];
const EMBEDDED = [embedded];
const CLUSTER = [clusterFailover, clusterMigrate];
const SENTINELS = [sentinelFailover];

export const SCENARIOS: readonly { readonly name: string; readonly summary: string }[] = [
  ...APART,
  ...EMBEDDED,
  ...CLUSTER,
  ...SENTINELS,
];

/** Runs the named scenarios, in the order of the list. */
export async function chaos(
  names: readonly string[],
  options: ChaosOptions,
  print: Print,
): Promise<Report[]> {
  const named = <T extends { name: string }>(all: readonly T[]) =>
    all.filter(({ name }) => names.includes(name));
  const reports: Report[] = [];
  for (const run of [
    () => runOn(openApart, named(APART), options, print),
    () => runOn(openEmbedded, named(EMBEDDED), options, print),
    () => runOn(openCluster, named(CLUSTER), options, print),
    () => runOn(openSentinels, named(SENTINELS), options, print),
  ]) {
    reports.push(...(await run()));
    if (!reports.every(isClean)) break;
  }
  return reports;
}

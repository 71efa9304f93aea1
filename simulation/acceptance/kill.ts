/**
 * Kills Ringfence and its stores with -9 under load, again and again, and then does the accounts.
 *
 *   npx tsx simulation/acceptance/kill.ts [--seconds 60] [--kills 20] [--only api,embedded,redis,wipe]
 *
 *   api       the process dies, Redis and Postgres live on outside it
 *   embedded  the process dies and takes the Redis and Postgres it had started with it
 *   redis     Redis dies and is restarted on its append-only file
 *   wipe      FLUSHALL: everything comes back from Postgres, live calls included
 *
 * Afterwards every acknowledgement is looked up in the ledger: once, with its amount; every balance
 * is recomputed from the acknowledgements; the journal has to be level within 2 s; `verify` has to
 * find 0 differences. What only Redis knew may be lost where Redis dies or is wiped, and only what
 * was acknowledged just before, without `wait_for: ledger`: it is counted. The table shows it all.
 * The short form runs with the tests (kill.test.ts).
 */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createConnection } from '../../engine/index.ts';
import { type Disaster, type Row, runDisaster } from './kill/disaster.ts';
import { createRingfence, type RingfenceProcess, temporaryDirectory } from './ringfence.ts';
import { type Servers, startServers } from './servers.ts';

export const DISASTERS = ['api', 'embedded', 'redis', 'wipe'] as const;
export type DisasterName = (typeof DISASTERS)[number];

export interface KillOptions {
  /** Least time under load, for each disaster. */
  readonly seconds: number;
  /** Of the api process; the others get a quarter of it. */
  readonly kills: number;
  readonly only: readonly DisasterName[];
}

/** Runs the disasters one after the other; answers a row for each. */
export async function kill(options: KillOptions, print: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of options.only) {
    print(`${name} ...`);
    const row = name === 'embedded' ? await embedded(options) : await outside(name, options);
    print(tableOf([row]));
    rows.push(row);
  }
  return rows;
}

const fewer = (kills: number) => Math.max(1, Math.round(kills / 4));

async function embedded({ seconds, kills }: KillOptions): Promise<Row> {
  const ringfence = await createRingfence();
  try {
    await ringfence.start();
    // The address may change with a restart, when another program takes the port meanwhile.
    const databaseUrl = () => {
      const file = readFileSync(path.join(ringfence.dir, 'services.json'), 'utf8');
      return (JSON.parse(file) as { postgres: { url: string } }).postgres.url;
    };
    return await runDisaster(ringfence, databaseUrl, {
      name: 'process and its services killed',
      recovers: false,
      times: fewer(kills),
      seconds,
      mayLose: true,
      async strike() {
        await ringfence.kill9();
        await ringfence.start();
      },
    });
  } finally {
    await ringfence.end();
  }
}

async function outside(name: Exclude<DisasterName, 'embedded'>, options: KillOptions) {
  const dir = temporaryDirectory('servers');
  const servers = await startServers(dir);
  try {
    const ringfence = await createRingfence(servers.env);
    try {
      await ringfence.start();
      const disaster = disasterOf(name, options, ringfence, servers);
      return await runDisaster(ringfence, () => servers.databaseUrl, disaster);
    } finally {
      await ringfence.end();
    }
  } finally {
    await servers.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function disasterOf(
  name: Exclude<DisasterName, 'embedded'>,
  { seconds, kills }: KillOptions,
  ringfence: RingfenceProcess,
  servers: Servers,
): Disaster {
  switch (name) {
    case 'api':
      return {
        name: 'process killed',
        recovers: false,
        times: kills,
        seconds,
        mayLose: false,
        async strike() {
          await ringfence.kill9();
          await ringfence.start();
        },
      };
    case 'redis':
      return {
        name: 'Redis killed',
        recovers: true,
        times: fewer(kills),
        seconds,
        mayLose: true,
        async strike() {
          await servers.kill9Redis();
          await servers.restartRedis();
        },
      };
    case 'wipe':
      return {
        name: 'Redis wiped',
        recovers: true,
        times: fewer(kills),
        seconds,
        mayLose: true,
        strike: () => wipe(servers.redisUrl),
      };
  }
}

async function wipe(redisUrl: string): Promise<void> {
  const redis = createConnection(redisUrl);
  await redis.connect();
  await redis.flushall();
  redis.disconnect();
}

/** The rows under each other, faults after them. */
export function tableOf(rows: readonly Row[]): string {
  return rows
    .map((row) =>
      [
        `  ${row.disaster}: ${row.strikes} times, back within ${row.backMs} ms`,
        `  acknowledged ${row.acknowledged}, of them from the ledger ${row.waited}, lost ${row.lost}`,
        `  not answered at once: ${row.unanswered || 'nothing'}`,
        `  the ledger was level ${row.caughtUpMs} ms after the load, ` +
          `${row.caughtUpAfterStrikeMs} ms after a last strike`,
        `  verify: ${row.verify}`,
        ...row.faults.slice(0, 20).map((fault) => `  FAULT ${fault}`),
        ...(row.faults.length > 20 ? [`  and ${row.faults.length - 20} more faults`] : []),
      ].join('\n'),
    )
    .join('\n');
}

function isDisaster(name: string): name is DisasterName {
  return (DISASTERS as readonly string[]).includes(name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      kills: { type: 'string', default: '20' },
      only: { type: 'string', default: DISASTERS.join(',') },
    },
  });
  const only = values.only.split(',').filter(isDisaster);
  const options = { seconds: Number(values.seconds), kills: Number(values.kills), only };
  const rows = await kill(options, console.log);
  process.exitCode = rows.every((row) => row.faults.length === 0) ? 0 : 1;
}

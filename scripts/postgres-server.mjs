// Starts a PostgreSQL of our own: durable, on loopback only, one superuser and one database, both named
// `ringfence`, without a password because nobody else can reach the port.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findPostgres } from './find-postgres.mjs';
import { freePort } from './free-port.mjs';
import { postgresAccount, reachableBinaries, reachableDataDir } from './postgres-account.mjs';
import { letsUsIn } from './postgres-ready.mjs';
import { stopLeftover } from './processes.mjs';
import {
  lastLines,
  lostItsPort,
  spawnServer,
  stopServer,
  waitUntilServing,
} from './server-process.mjs';

/** @typedef {import('./server-process.mjs').Account} Account */
/**
 * @typedef {object} RunningPostgres
 * @property {string} url
 * @property {number} port
 * @property {number} pid
 * @property {string} version
 * @property {string} dir where the data really lies
 * @property {import('node:child_process').ChildProcess} child
 * @property {() => Promise<void>} stop
 */

const NAME = 'ringfence';
const READY_TIMEOUT_MS = 120_000;
/** Right after a killed postmaster its children still hold shared memory, for up to a second or so. */
const START_ATTEMPTS = 20;
const RETRY_DELAY_MS = 150;
const ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/**
 * Makes the cluster and the database beside the target and renames it at the end, so that a run that was
 * killed halfway leaves nothing that looks finished.
 * @param {string} binaries
 * @param {string} dir
 * @param {Account | undefined} account
 */
function createCluster(binaries, dir, account) {
  const fresh = `${dir}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { mode: 0o700 });
  if (account) fs.chownSync(fresh, account.uid, account.gid);
  const options = {
    ...account,
    env: ENVIRONMENT,
    cwd: '/',
    encoding: /** @type {const} */ ('utf8'),
  };
  const check = (/** @type {import('node:child_process').SpawnSyncReturns<string>} */ result) => {
    if (result.status === 0) return;
    throw new Error(`initdb failed: ${result.error?.message ?? result.stderr}`);
  };
  const initArgs = ['-D', fresh, '-U', NAME, '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  check(spawnSync(path.join(binaries, 'initdb'), initArgs, options));
  const single = ['--single', '-j', '-D', fresh, 'postgres'];
  check(
    spawnSync(path.join(binaries, 'postgres'), single, {
      ...options,
      input: `CREATE DATABASE ${NAME};\n`,
    }),
  );
  fs.renameSync(fresh, dir);
}

/** @param {string} dir */
function pidFileOf(dir) {
  return path.join(dir, 'postmaster.pid');
}

/**
 * Of the server that has the directory; NaN while none has.
 * @param {string} dir
 */
function pidIn(dir) {
  const file = pidFileOf(dir);
  return fs.existsSync(file) ? Number.parseInt(fs.readFileSync(file, 'utf8'), 10) : Number.NaN;
}

/**
 * A leftover server is stopped; a stale pid file whose number now belongs to something else is removed,
 * because Postgres itself would take that process for its own and refuse to start.
 * @param {string} dir
 */
async function stopLeftoverOf(dir) {
  const pid = pidIn(dir);
  if (!(pid > 0)) return;
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', `${pid}`], { encoding: 'utf8' });
  let command = stdout ?? '';
  if (process.platform === 'linux') {
    // Minimal containers have no ps.
    const file = `/proc/${pid}/cmdline`;
    command = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }
  if (command.includes('postgres') && command.includes(dir)) await stopLeftover(pid, 'SIGINT');
  else fs.rmSync(pidFileOf(dir), { force: true });
}

/**
 * @param {string} binaries
 * @param {{ dir: string, port: number, logFile: string, account: Account | undefined,
 *   settings: string[] }} options
 */
async function launch(binaries, { dir, port, logFile, account, settings }) {
  const fixed = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=', // A socket's lock file outlives a killed server.
    'max_connections=100',
    'fsync=on',
    'synchronous_commit=on',
    'wal_level=replica',
  ];
  const args = [
    '-D',
    dir,
    '-p',
    `${port}`,
    ...[...fixed, ...settings].flatMap((one) => ['-c', one]),
  ];
  const child = spawnServer(path.join(binaries, 'postgres'), args, {
    logFile,
    deathSignal: 'INT',
    env: ENVIRONMENT,
    cwd: '/',
    account,
  });
  // Another server of the same name may answer on a port that was taken in the last moment.
  const serves = async () => (await letsUsIn(port, NAME)) && pidIn(dir) === child.pid;
  if (await waitUntilServing(child, serves, READY_TIMEOUT_MS)) return child;
  child.kill('SIGQUIT');
  return undefined;
}

/**
 * Starts Postgres on a data directory, which is made on first use, and answers when it serves.
 * @param {{ dir: string, port?: number | undefined, settings?: string[] }} options
 *   `settings` are further `name=value` settings.
 * @returns {Promise<RunningPostgres>}
 */
export async function startPostgres({ dir: wanted, port: preferred, settings = [] }) {
  const account = postgresAccount();
  const binaries = reachableBinaries(findPostgres(), account);
  const dir = reachableDataDir(path.resolve(wanted), account);
  if (fs.existsSync(path.join(dir, 'PG_VERSION'))) await stopLeftoverOf(dir);
  else createCluster(binaries, dir, account);
  const logFile = `${dir}.log`;
  let port = await freePort(preferred);
  for (let attempt = 1; ; attempt += 1) {
    const child = await launch(binaries, { dir, port, logFile, account, settings });
    if (child?.pid !== undefined) {
      const url = `postgres://${NAME}@127.0.0.1:${port}/${NAME}`;
      const stop = () => stopServer(child, 'SIGINT', 'SIGQUIT');
      return { url, port, pid: child.pid, version: clusterVersion(dir), dir, child, stop };
    }
    const reason = lastLines(logFile);
    const isTaken = lostItsPort(logFile);
    if (attempt === START_ATTEMPTS || !(isTaken || /lock file|shared memory/.test(reason))) {
      throw new Error(`postgres did not start:\n${reason}`);
    }
    if (isTaken) port = await freePort(preferred);
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
  }
}

/** @param {string} dir */
function clusterVersion(dir) {
  return fs.readFileSync(path.join(dir, 'PG_VERSION'), 'utf8').trim();
}

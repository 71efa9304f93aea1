// Starts a Redis of our own: durable (append-only file, fsync each second), never evicting, with an explicit
// memory limit and on loopback only, which is what the engine insists on.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findRedis } from './find-redis.mjs';
import { freePort } from './free-port.mjs';
import { stopLeftover } from './processes.mjs';
import { servesAs } from './redis-ready.mjs';
import {
  lastLines,
  lostItsPort,
  spawnServer,
  stopServer,
  waitUntilServing,
} from './server-process.mjs';

/**
 * @typedef {object} RunningRedis
 * @property {string} url
 * @property {number} port
 * @property {number} pid
 * @property {string} version
 * @property {import('node:child_process').ChildProcess} child
 * @property {() => Promise<void>} stop saves what is in memory and ends the server
 */

/** A large append-only file takes its time to load; a refusal comes at once and is seen as an exit. */
const READY_TIMEOUT_MS = 120_000;
/** Whoever loses a port in the last moment takes another one. */
const PORTS_TRIED = 5;

/** @param {number} pid */
function workingFolder(pid) {
  if (process.platform === 'linux') {
    try {
      return fs.readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return '';
    }
  }
  const listed = spawnSync('lsof', ['-a', '-p', `${pid}`, '-d', 'cwd', '-Fn'], {
    encoding: 'utf8',
  });
  return /^n(.*)$/m.exec(listed.stdout ?? '')?.[1] ?? '';
}

/**
 * Two servers on one append-only file would damage it, and Redis does not notice by itself.
 * @param {string} dir
 * @param {string} pidFile
 */
async function stopLeftoverOf(dir, pidFile) {
  const pid = fs.existsSync(pidFile) ? Number(fs.readFileSync(pidFile, 'utf8')) : 0;
  if (pid > 0 && workingFolder(pid) === dir) await stopLeftover(pid, 'SIGTERM');
  fs.rmSync(pidFile, { force: true });
}

/**
 * Starts Redis on a data directory and answers when it serves.
 * @param {{ dir: string, port?: number | undefined, maxmemory?: string, settings?: string[] }} options
 *   `maxmemory` as Redis writes it (default 1gb), `settings` are further command line settings.
 * @returns {Promise<RunningRedis>}
 */
export async function startRedis({ dir, port: preferred, maxmemory = '1gb', settings = [] }) {
  const binary = findRedis();
  fs.mkdirSync(dir, { recursive: true });
  const home = fs.realpathSync(dir);
  const pidFile = path.join(home, 'redis.pid');
  const logFile = path.join(home, 'redis.log');
  await stopLeftoverOf(home, pidFile);
  for (let tried = 1; ; tried += 1) {
    const port = await freePort(preferred);
    const args = [
      ['--port', `${port}`, '--bind', '127.0.0.1', '--protected-mode', 'yes'],
      ['--dir', home, '--pidfile', pidFile, '--daemonize', 'no'],
      ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
      ['--maxmemory', maxmemory, '--maxmemory-policy', 'noeviction'],
      settings,
    ].flat();
    const child = spawnServer(binary.command, args, {
      logFile,
      deathSignal: 'TERM',
      env: { ...process.env, ...binary.env },
      cwd: home,
    });
    const probe = () => servesAs(port, child.pid);
    if ((await waitUntilServing(child, probe, READY_TIMEOUT_MS)) && child.pid !== undefined) {
      const url = `redis://127.0.0.1:${port}`;
      const stop = () => stopServer(child, 'SIGTERM', 'SIGKILL');
      return { url, port, pid: child.pid, version: binary.version, child, stop };
    }
    child.kill('SIGKILL');
    if (tried === PORTS_TRIED || !lostItsPort(logFile)) {
      throw new Error(`redis did not start:\n${lastLines(logFile)}`);
    }
  }
}

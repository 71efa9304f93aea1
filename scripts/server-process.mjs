// Child processes that must not outlive us.
//
// A database left behind by a killed parent holds its port and, worse, its data directory: Redis takes no
// lock on it, so a second server on one append-only file would damage it. So every server is started
//   - in its own session (`detached`), because Ctrl-C in a terminal signals the whole group and would take
//     the databases away before the application has flushed, and
//   - tied to our life: on Linux the kernel signals it when we die, however we die (setpriv --pdeathsig);
//     elsewhere a tiny shell waits on a pipe of ours and signals it when the pipe closes.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { waitUntil } from './processes.mjs';

/** @typedef {{ uid: number, gid: number }} Account */

/** A longer log is put aside at the next start, where it replaces the one before it. */
const LOG_BYTES_MAX = 10 * 1024 * 1024;
/** A busy machine takes its time over what cannot be refused, too. */
const KILLED_MS_MAX = 60_000;

/** @type {boolean | undefined} */
let parentDeathSignal;

/** util-linux has the option, busybox's setpriv of the same name has not: ask by trying. */
function hasParentDeathSignal() {
  parentDeathSignal ??=
    process.platform === 'linux' &&
    process.env.RINGFENCE_NO_PDEATHSIG === undefined &&
    spawnSync('setpriv', ['--pdeathsig', 'TERM', '--', 'true']).status === 0;
  return parentDeathSignal;
}

/**
 * Starts a server tied to our life. Its output is appended to `logFile`.
 * @param {string} command
 * @param {string[]} args
 * @param {{ logFile: string, deathSignal: 'INT' | 'TERM', env: NodeJS.ProcessEnv, cwd: string,
 *   account?: Account | undefined }} options
 */
export function spawnServer(command, args, options) {
  if ((fs.statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) {
    fs.renameSync(options.logFile, `${options.logFile}.1`);
  }
  const log = fs.openSync(options.logFile, 'a');
  const { account, deathSignal } = options;
  /** @type {import('node:child_process').SpawnOptions} */
  const common = {
    stdio: ['ignore', log, log],
    env: options.env,
    cwd: options.cwd,
    detached: true,
  };
  try {
    if (hasParentDeathSignal()) {
      // Changing the user clears the parent-death signal, so setpriv must do both, in its own order.
      const as = account
        ? ['--reuid', `${account.uid}`, '--regid', `${account.gid}`, '--clear-groups']
        : [];
      const setpriv = ['--pdeathsig', deathSignal, ...as, '--', command, ...args];
      return spawn('setpriv', setpriv, common);
    }
    const child = spawn(command, args, { ...common, ...account });
    if (child.pid !== undefined) watchFromOutside(child, child.pid, deathSignal);
    return child;
  } finally {
    fs.closeSync(log);
  }
}

/**
 * The fallback without setpriv: the shell's read ends when our end of the pipe closes, by exit or by kill.
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} pid
 * @param {'INT' | 'TERM'} signal
 */
function watchFromOutside(child, pid, signal) {
  const script = 'while read -r _; do :; done; kill -s "$1" "$2" 2>/dev/null';
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', signal, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  child.once('exit', () => watcher.kill('SIGKILL')); // Its pid may soon be somebody else's.
}

/**
 * Asks a child to end, insists after `timeoutMs`, and returns when it is gone.
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 * @param {NodeJS.Signals} lastSignal
 */
export async function stopServer(child, signal, lastSignal, timeoutMs = 15_000) {
  if (hasEnded(child)) return;
  child.kill(signal);
  if (await waitUntil(() => hasEnded(child), timeoutMs)) return;
  child.kill(lastSignal);
  await waitUntil(() => hasEnded(child), KILLED_MS_MAX);
}

/** @param {import('node:child_process').ChildProcess} child */
export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * Waits until a freshly spawned server serves; false when it ended or was not ready in time.
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => Promise<boolean>} probe
 * @param {number} timeoutMs
 */
export async function waitUntilServing(child, probe, timeoutMs) {
  let failed = false;
  child.once('error', () => {
    failed = true;
  });
  let serving = false;
  const decided = async () => {
    if (failed || hasEnded(child)) return true;
    serving = await probe();
    return serving;
  };
  await waitUntil(decided, timeoutMs, 10);
  // Another server may answer on the port while ours is ending because that port is taken.
  return serving && !hasEnded(child);
}

/**
 * Whether a server ended because somebody else listens on its port: found free, it was taken meanwhile.
 * @param {string} logFile
 */
export function lostItsPort(logFile) {
  return /Address already in use/i.test(lastLines(logFile));
}

/** @param {string} logFile */
export function lastLines(logFile) {
  if (!fs.existsSync(logFile)) return '';
  return fs.readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}

// A lock that a file holds for a process, and that a crash cannot leave locked.
//
// The file names its owner by pid and start time. It appears with its content in one step (a hard link of a
// finished file). A lock whose owner is gone is taken over; of several who find it so, one wins:
//
//   1. create `<lock>.takeover` exclusively, with one's own name in it
//   2. read the lock again: it must still be the dead owner's, or someone was faster
//   3. rename one's own finished file over the lock, remove the takeover file

import fs from 'node:fs';
import { processIdentity, waitUntil } from './processes.mjs';

/** @typedef {{ pid: number, identity: string }} Owner */

/** A takeover takes milliseconds; an older takeover file was left by a process killed within them. */
const TAKEOVER_AGE_MS_MAX = 10_000;

/**
 * @param {string} file
 * @returns {Owner | undefined}
 */
function readOwner(file) {
  try {
    const [pid = '', identity = ''] = fs.readFileSync(file, 'utf8').trim().split('\n');
    return { pid: Number(pid), identity };
  } catch {
    return undefined;
  }
}

/** @param {Owner} owner */
function isAlive(owner) {
  return owner.identity !== '' && processIdentity(owner.pid) === owner.identity;
}

/**
 * The living process that holds the lock, if any.
 * @param {string} file
 * @returns {Owner | undefined}
 */
export function lockOwner(file) {
  const owner = readOwner(file);
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

/**
 * @param {() => void} step
 * @returns {boolean} false when the file was already there
 */
function exclusively(step) {
  try {
    step();
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @param {string} mine a finished lock file of our own
 */
function takeOver(file, mine) {
  const takeover = `${file}.takeover`;
  const age =
    Date.now() - (fs.statSync(takeover, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > TAKEOVER_AGE_MS_MAX) fs.rmSync(takeover, { force: true });
  if (!exclusively(() => fs.writeFileSync(takeover, String(process.pid), { flag: 'wx' })))
    return false;
  try {
    const owner = readOwner(file);
    if (owner === undefined || isAlive(owner)) return false;
    fs.renameSync(mine, file);
    return true;
  } finally {
    fs.rmSync(takeover, { force: true });
  }
}

/**
 * Takes the lock at once or answers who has it (undefined: it changed hands just now, ask again).
 * @param {string} file
 * @returns {{ release: () => void } | { owner: Owner | undefined }}
 */
export function tryLock(file) {
  const mine = `${file}.${process.pid}`;
  fs.writeFileSync(mine, `${process.pid}\n${processIdentity(process.pid)}\n`);
  try {
    const taken = exclusively(() => fs.linkSync(mine, file));
    const owner = taken ? undefined : readOwner(file);
    const free = owner !== undefined && !isAlive(owner);
    if (!taken && !(free && takeOver(file, mine))) return { owner };
    return { release: () => fs.rmSync(file, { force: true }) };
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/**
 * Runs `work` while holding the lock, waiting for it up to `timeoutMs`.
 * @template T
 * @param {string} file
 * @param {number} timeoutMs
 * @param {() => Promise<T>} work
 */
export async function withLock(file, timeoutMs, work) {
  /** @type {(() => void) | undefined} */
  let release;
  const locked = () => {
    const attempt = tryLock(file);
    if ('release' in attempt) release = attempt.release;
    return release !== undefined;
  };
  if (!(await waitUntil(locked, timeoutMs, 200))) {
    throw new Error(`${file} is held by process ${lockOwner(file)?.pid ?? 'unknown'}`);
  }
  try {
    return await work();
  } finally {
    release?.();
  }
}

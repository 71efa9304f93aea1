// Where the servers of the tests keep their files: in memory, if there is plenty of it.
//
// Hundreds of databases come and go in a run, and each that goes makes Postgres write everything out. On a disk
// that took up to six seconds, in which every other server on it waits too, and what a test, a Sentinel or a
// client gives a second for is taken for dead. What is synced is synced in memory as well: servers are killed
// there, the machine is not.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const IN_MEMORY = '/dev/shm';
/** Followed by the pid of the run. */
const NAME = 'ringfence-test-';
/** A run takes some hundred megabytes, and its processes as much again. */
const ROOM_BYTES = 8 * 1024 ** 3;

/** @param {string} file */
function textOf(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

/** What this process may still take of the machine's memory, or of its container's. */
function availableBytes() {
  const machine = /^MemAvailable:\s+(\d+) kB/m.exec(textOf('/proc/meminfo'))?.[1] ?? 0;
  const own = Number.parseInt(textOf('/sys/fs/cgroup/memory.max'), 10);
  return Math.min(Number(machine) * 1024, Number.isNaN(own) ? Number.POSITIVE_INFINITY : own);
}

function hasRoomInMemory() {
  // Tests make a library and have it loaded from there.
  const mounted = / \/dev\/shm tmpfs (\S+)/.exec(textOf('/proc/mounts'))?.[1]?.split(',') ?? [];
  if (!mounted.includes('rw') || mounted.includes('noexec')) return false;
  const { bavail, bsize } = fs.statfsSync(IN_MEMORY);
  return Math.min(bavail * bsize, availableBytes()) >= ROOM_BYTES;
}

/**
 * A fresh folder: in TMPDIR if that is given, else in memory, else where temporary files go.
 * @returns {string}
 */
export function makeTestFolder() {
  const base = process.env.TMPDIR === undefined && hasRoomInMemory() ? IN_MEMORY : os.tmpdir();
  if (base === IN_MEMORY) removeAbandoned();
  const folder = fs.mkdtempSync(path.join(base, `${NAME}${process.pid}-`));
  fs.chmodSync(folder, 0o755); // As root, Postgres runs under another account that must get in.
  return folder;
}

/** A run that was killed could not give its memory back. */
function removeAbandoned() {
  for (const name of fs.readdirSync(IN_MEMORY)) {
    if (!name.startsWith(NAME)) continue;
    const pid = Number.parseInt(name.slice(NAME.length), 10);
    if (!fs.existsSync(`/proc/${pid}`)) removeTestFolder(path.join(IN_MEMORY, name));
  }
}

/**
 * What ends a moment later may still be writing there, and is no reason for a run to fail.
 * @param {string} folder
 */
export function removeTestFolder(folder) {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } catch (error) {
    console.error(`${folder} is left behind: ${error instanceof Error ? error.message : error}`);
  }
}

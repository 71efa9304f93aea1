// Postgres refuses to run as root, yet root is who runs things in many containers. So as root the server
// runs as `postgres` or else `nobody`, and where that account cannot reach the checkout (a 0700 home) its
// programs and its data directory go to /var/tmp.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** @typedef {import('./server-process.mjs').Account} Account */

const SHARED_FOLDER = '/var/tmp';

/**
 * The account to run Postgres as; undefined means our own.
 * @returns {Account | undefined}
 */
export function postgresAccount() {
  if (process.getuid?.() !== 0) return undefined;
  // initdb looks its user up by number, so the account must exist in the passwd file.
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0)
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('running as root without a postgres or nobody account; set DATABASE_URL');
}

/**
 * @param {string} file
 * @param {Account} account
 */
function canTraverse(file, account) {
  return spawnSync('test', ['-x', file], { ...account, cwd: '/' }).status === 0;
}

/** @param {string} text */
function shortHash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * /var/tmp belongs to everybody: a folder that someone else put there is never trusted.
 * @param {string} folder
 * @param {number[]} owners
 */
function assertOwned(folder, owners) {
  const state = fs.lstatSync(folder);
  if (state.isDirectory() && owners.includes(state.uid)) return;
  throw new Error(`${folder} belongs to somebody else; remove it`);
}

/**
 * The programs' folder, or a copy of it where the account may not reach the original.
 * @param {string} binaries
 * @param {Account | undefined} account
 */
export function reachableBinaries(binaries, account) {
  if (account === undefined || canTraverse(path.join(binaries, 'postgres'), account))
    return binaries;
  const { size, mtimeMs } = fs.statSync(path.join(binaries, 'postgres'));
  const copy = path.join(
    SHARED_FOLDER,
    `ringfence-postgres-${shortHash(`${binaries} ${size} ${mtimeMs}`)}`,
  );
  if (!fs.existsSync(copy)) {
    const fresh = fs.mkdtempSync(`${copy}.`);
    fs.cpSync(path.dirname(binaries), fresh, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(fresh, 0o755);
    try {
      fs.renameSync(fresh, copy);
    } catch {
      fs.rmSync(fresh, { recursive: true, force: true }); // Another run was faster.
    }
  }
  assertOwned(copy, [0]);
  return path.join(copy, 'bin');
}

/**
 * The data directory itself, or its stand-in in /var/tmp where the account may not reach it.
 * @param {string} dir absolute
 * @param {Account | undefined} account
 */
export function reachableDataDir(dir, account) {
  fs.mkdirSync(path.dirname(dir), { recursive: true });
  if (account === undefined || canTraverse(path.dirname(dir), account)) return dir;
  const outer = path.join(SHARED_FOLDER, `ringfence-data-${shortHash(dir)}`);
  fs.mkdirSync(outer, { recursive: true, mode: 0o755 });
  assertOwned(outer, [0]);
  return path.join(outer, 'postgres');
}

// Finds a Redis server that Ringfence can run on. Redis 7.0 is the floor: older ones lack the script flags
// with which calls can still end when memory is full. The order goes from "the user said so" to "we fetch
// the distribution's own package", and ends in one error that lists every way out.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { unpackRedis } from './unpack-redis.mjs';

/** @typedef {{ command: string, env: NodeJS.ProcessEnv, version: string, how: string }} RedisBinary */

const MINIMUM_MAJOR = 7;

const NOT_FOUND = `No Redis 7.0 or newer was found. Any one of these helps:
  Debian, Ubuntu   apt-get install redis-server     (Ubuntu 22.04 has only 6.0)
  Alpine           apk add redis
  macOS            brew install redis
  anywhere         set REDIS_URL to a running Redis, or REDIS_SERVER_BIN to a redis-server
  with docker      docker compose up`;

/**
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env extra variables, such as a library path
 * @param {string} how
 * @returns {RedisBinary | undefined}
 */
function probe(command, env, how) {
  const answer = spawnSync(command, ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const version = /v=(\d+)\.(\d+)\.(\d+)/.exec(answer.stdout ?? '');
  if (answer.status !== 0 || version === null) return undefined;
  if (Number(version[1]) < MINIMUM_MAJOR) return undefined;
  return { command, env, version: version[0].slice(2), how };
}

/** @returns {RedisBinary | undefined} */
function probePath() {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/opt/homebrew/bin',
    '/usr/local/bin',
  ];
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of folders) {
      const command = path.join(folder, name);
      const found = fs.existsSync(command) ? probe(command, {}, 'installed') : undefined;
      if (found) return found;
    }
  }
  return undefined;
}

/** @returns {RedisBinary | undefined} */
function probePackage() {
  const unpacked = unpackRedis();
  if (unpacked === undefined) return undefined;
  return probe(unpacked.command, { LD_LIBRARY_PATH: unpacked.libraryPath }, 'unpacked package');
}

/**
 * Answers the server to run, or throws an error that names every way to get one.
 * @returns {RedisBinary}
 */
export function findRedis() {
  const own = process.env.REDIS_SERVER_BIN;
  if (own !== undefined && own !== '') {
    const found = probe(own, {}, 'REDIS_SERVER_BIN');
    if (found) return found;
    throw new Error(`REDIS_SERVER_BIN=${own} is not a Redis 7.0 or newer`);
  }
  const found = probePath() ?? probePackage();
  if (found) return found;
  throw new Error(NOT_FOUND);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockOwner, tryLock } from './lock-file.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-lock-'));
  file = path.join(folder, 'lock');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const MODULE = new URL('./lock-file.mjs', import.meta.url).href;
const CONTENDER = `
  const { tryLock } = await import(${JSON.stringify(MODULE)});
  process.stdin.once('data', () => {
    console.log('release' in tryLock(process.argv[1]) ? 'won' : 'lost');
    process.stdin.on('end', () => process.exit()).resume();
  });
  console.log('ready');
`;

function contender() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CONTENDER, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = async () => String((await once(child.stdout, 'data'))[0]).trim();
  return { child, line };
}

test('a held lock names its owner, and is free again after release', () => {
  const first = tryLock(file);
  const second = tryLock(file);
  expect(second).toMatchObject({ owner: { pid: process.pid } });
  expect(lockOwner(file)?.pid).toBe(process.pid);
  if ('release' in first) first.release();
  expect(lockOwner(file)).toBeUndefined();
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('a pid that now belongs to a later process does not keep the lock', () => {
  fs.writeFileSync(file, `${process.pid}\nan earlier start\n`);
  expect(tryLock(file)).toHaveProperty('release');
});

test('of several that find a dead owner exactly one takes over', async () => {
  fs.writeFileSync(file, '999999999\n1\n');
  const contenders = Array.from({ length: 4 }, contender);
  for (const { line } of contenders) expect(await line()).toBe('ready');
  const answers = contenders.map(({ line }) => line());
  for (const { child } of contenders) child.stdin.write('go\n');
  expect((await Promise.all(answers)).sort()).toEqual(['lost', 'lost', 'lost', 'won']);
  for (const { child } of contenders) child.stdin.end();
});

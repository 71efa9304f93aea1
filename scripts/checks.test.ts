import { expect, test } from 'vitest';
import { importFault, importFaults } from './check-imports.mjs';
import { lockFaults } from './check-lock.mjs';
import { migrationFaults, styleFaults } from './check-style.mjs';
import { isInstalled } from './install.mjs';

test.each([
  ['engine/engine.ts', '../persistence/index.ts'],
  ['engine/engine.ts', 'postgres'],
  ['engine/engine.ts', '../testing/services.ts'],
  ['engine/lua/build.ts', '../../persistence/index.ts'],
  ['persistence/flusher/loop.ts', '../../engine/keys.ts'],
  ['persistence/flusher/loop.ts', '../../kill-switch/index.ts'],
  ['kill-switch/enforcer/enforcer.ts', '../../persistence/index.ts'],
  ['api/routes/wallets.ts', '../../engine/engine.ts'],
  ['api/routes/wallets.ts', 'ioredis'],
  ['cli/verify.ts', '../api/app.ts'],
  ['simulation/world.ts', '../testing/services.ts'],
  ['persistence/flusher/loop.test.ts', '../../engine/keys.ts'],
])('%s may not import %s', (file, specifier) => {
  expect(importFault(file, specifier)).toMatch(/may not/);
});

test.each([
  ['engine/lua/build.ts', '../keys.ts'],
  ['engine/engine.ts', 'node:crypto'],
  ['engine/engine.test.ts', '../testing/services.ts'],
  ['engine/engine.test.ts', 'fast-check'],
  ['engine/test/world.ts', '../../testing/services.ts'],
  ['persistence/flusher/loop.ts', '../../engine/index.ts'],
  ['persistence/flusher/loop.ts', 'drizzle-orm/postgres-js'],
  ['api/main.ts', '../kill-switch/index.ts'],
  ['cli/verify.ts', '../api/main.ts'],
])('%s may import %s', (file, specifier) => {
  expect(importFault(file, specifier)).toBeUndefined();
});

test('imports are found over several lines, as types, re-exports and calls', () => {
  const text = [
    "import {\n  a,\n} from '../api/a.ts';",
    "import type { B } from '../api/b.ts';",
    "export * from '../api/c.ts';",
    "import '../api/d.ts';",
    "const e = await import('../api/e.ts');",
    "export const notAnImport = 'from elsewhere';",
  ].join('\n');
  expect(importFaults([{ name: 'engine/x.ts', text }])).toHaveLength(5);
});

test('a lock without an entry for another platform, or with a registry address, is refused', () => {
  const entry = { optionalDependencies: { 'tool-darwin': '1.0.0' } };
  const complete = { 'node_modules/tool': entry, 'node_modules/tool-darwin': {} };
  expect(lockFaults({ packages: complete })).toEqual([]);
  expect(lockFaults({ packages: { 'node_modules/tool': entry } })).toHaveLength(1);
  const nested = { 'node_modules/tool': entry, 'node_modules/tool/node_modules/tool-darwin': {} };
  expect(lockFaults({ packages: nested })).toEqual([]);
  const addressed = { 'node_modules/tool': { resolved: 'https://example.test/tool.tgz' } };
  expect(lockFaults({ packages: addressed })).toHaveLength(1);
});

test('a long file and a long median are refused', () => {
  const short = { name: 'a/short.ts', text: 'export const a = 1;\n' };
  expect(styleFaults([short])).toEqual([]);
  const long = { name: 'a/long.ts', text: 'x\n'.repeat(301) };
  expect(styleFaults([short, short, short, long])).toEqual(['a/long.ts: 301 lines, more than 300']);
  expect(styleFaults([{ name: 'a/b.ts', text: 'x\n'.repeat(100) }])).toHaveLength(1);
});

test('an install is repeated for a wrong version or a missing package, not for another platform', () => {
  const locked = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/darwin': { version: '1.0.0', optional: true },
    'node_modules/tool': { version: '1.0.0', dev: true },
  };
  const installed = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
  expect(isInstalled(locked, installed, false)).toBe(true);
  expect(isInstalled(locked, installed, true)).toBe(false);
  expect(isInstalled(locked, undefined, false)).toBe(false);
  const outdated = { 'node_modules/a': { version: '0.9.0', integrity: 'y' } };
  expect(isInstalled(locked, outdated, false)).toBe(false);
});

test('migrations are numbered one after the other', () => {
  expect(migrationFaults(['0002_b.sql', '0001_a.sql'])).toEqual([]);
  expect(migrationFaults(['0001_a.sql', '0002_b.sql', '0002_c.sql'])).toEqual([
    'migration 0002_c.sql ought to be number 0003',
  ]);
});

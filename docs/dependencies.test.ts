/** The table of dependencies names every package of package.json, with the licence it comes with. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/install.mjs';
import { document } from './test/markdown.ts';

const { text } = document('docs/decisions/0007-dependencies.md');
const rows = [...text.matchAll(/^\| `([^`]+)` \| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)];
const shown = new Map(rows.map((row) => [row[1] ?? '', row[2]]));

function json(path: string) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

test('every package has its row, and no other', () => {
  const { dependencies, optionalDependencies, devDependencies } = json('package.json');
  const used = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
  expect([...shown.keys()].sort()).toEqual(used.sort());
});

test('licences are those of the installed packages', () => {
  const installed = [...shown.keys()].filter((name) => existsSync(join(ROOT, packageFile(name))));
  expect(installed.length).toBeGreaterThan(20);
  const licences = installed.map((name) => [name, json(packageFile(name)).license]);
  expect(licences).toEqual(installed.map((name) => [name, shown.get(name)]));
});

function packageFile(name: string): string {
  return `node_modules/${name}/package.json`;
}

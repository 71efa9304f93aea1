/**
 * Every relative link of every document leads to a file and, where it names one, to a heading. A link
 * to a test file has the name of a test as its text, and that test is there.
 */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/install.mjs';
import { anchors, document, documents, type Link, links } from './test/markdown.ts';

function broken(name: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? name : normalize(join(dirname(name), path));
  if (!existsSync(join(ROOT, file))) return true;
  return anchor !== undefined && !anchors(document(file)).has(anchor);
}

function isUnknownTest(name: string, { text, target }: Link): boolean {
  if (!target.endsWith('.test.ts')) return false;
  const code = document(normalize(join(dirname(name), target))).text;
  return !code.includes(`'${text}',`);
}

describe('links', () => {
  test.each(documents().map(({ name }) => name))('%s', (name) => {
    const relative = links(document(name)).filter(({ target }) => !/^[a-z]+:/.test(target));
    expect(relative.filter(({ target }) => broken(name, target))).toEqual([]);
    expect(relative.filter((link) => isUnknownTest(name, link))).toEqual([]);
  });

  test('a missing file, heading or test is noticed', () => {
    expect(broken('README.md', 'docs/NOWHERE.md')).toBe(true);
    expect(broken('README.md', 'docs/ERRORS.md#no_such_code')).toBe(true);
    expect(broken('README.md', 'docs/ERRORS.md#insufficient_funds')).toBe(false);
    expect(broken('docs/ERRORS.md', '#insufficient_funds')).toBe(false);
    const target = 'links.test.ts';
    const here = (text: string) => isUnknownTest('docs/MONEY.md', { text, target });
    expect(here('a test that nobody wrote')).toBe(true);
    expect(here('a missing file, heading or test is noticed')).toBe(false);
  });
});

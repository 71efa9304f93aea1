/** Every relative link of every document leads to a file and, where it names one, to a heading. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/install.mjs';
import { anchors, document, documents, links } from './test/markdown.ts';

function broken(name: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? name : normalize(join(dirname(name), path));
  if (!existsSync(join(ROOT, file))) return true;
  return anchor !== undefined && !anchors(document(file)).has(anchor);
}

describe('links', () => {
  test.each(documents().map(({ name }) => name))('%s', (name) => {
    const relative = links(document(name)).filter((target) => !/^[a-z]+:/.test(target));
    expect(relative.filter((target) => broken(name, target))).toEqual([]);
  });

  test('a missing file and a missing heading are noticed', () => {
    expect(broken('README.md', 'docs/NOWHERE.md')).toBe(true);
    expect(broken('README.md', 'docs/ERRORS.md#no_such_code')).toBe(true);
    expect(broken('README.md', 'docs/ERRORS.md#insufficient_funds')).toBe(false);
    expect(broken('docs/ERRORS.md', '#insufficient_funds')).toBe(false);
  });
});

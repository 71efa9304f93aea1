// The project's own source files, for the checks that read them as text.

import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './install.mjs';

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'generated', 'migrations']);

/**
 * @typedef {object} SourceFile
 * @property {string} name relative to the repository, with forward slashes
 * @property {string} text
 */

/**
 * Tests and what only they use: `*.test.ts`, `test-*.ts`, and files in a folder `test/` or `testing/`.
 * @param {string} name
 */
export function isTest(name) {
  return /\.test\.ts$|(^|\/)test-[^/]*\.ts$|(^|\/)test(ing)?\//.test(name);
}

/**
 * All files with one of the endings, without what is generated, installed or append-only.
 * @param {string[]} endings
 * @returns {SourceFile[]}
 */
export function sourceFiles(endings, folder = '') {
  const entries = fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const name = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) {
      const skipped = entry.name.startsWith('.') || SKIPPED.has(entry.name);
      return skipped ? [] : sourceFiles(endings, name);
    }
    const wanted = entry.isFile() && endings.some((ending) => entry.name.endsWith(ending));
    return wanted ? [{ name, text: fs.readFileSync(path.join(ROOT, name), 'utf8') }] : [];
  });
}

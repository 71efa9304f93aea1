// The limits of size, and the numbers of the migrations, as a test. The median file stays under 100 lines and no file passes 300: a file that
// grows past that is a question about the design. Raising a number here is a decision to argue for.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './install.mjs';
import { isTest, sourceFiles } from './source-files.mjs';

const MEDIAN_LINES_MAX = 100;
const FILE_LINES_MAX = 300;
/** @param {string} text */
function lineCount(text) {
  return text.trimEnd().split('\n').length;
}

/**
 * @param {import('./source-files.mjs').SourceFile[]} files
 * @returns {string[]} one line per fault
 */
export function styleFaults(files) {
  const sizes = files.filter(({ name }) => !isTest(name)).map(({ text }) => lineCount(text));
  const median = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
  const faults = files
    .map(({ name, text }) => ({ name, lines: lineCount(text) }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(({ name, lines }) => `${name}: ${lines} lines, more than ${FILE_LINES_MAX}`);
  if (median < MEDIAN_LINES_MAX) return faults;
  return [...faults, `the median file has ${median} lines, not under ${MEDIAN_LINES_MAX}`];
}

/**
 * Two branches that each add the next migration merge without a conflict, and no process starts any more.
 * @param {string[]} names of files in one folder
 * @returns {string[]} one line per fault
 */
export function migrationFaults(names) {
  return [...names]
    .sort()
    .map((name, index) => ({ name, wanted: String(index + 1).padStart(4, '0') }))
    .filter(({ name, wanted }) => !name.startsWith(`${wanted}_`))
    .map(({ name, wanted }) => `migration ${name} ought to be number ${wanted}`);
}

if (
  process.argv[1] !== undefined &&
  path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  const migrations = fs.readdirSync(path.join(ROOT, 'persistence/migrations'));
  const faults = [
    ...styleFaults(sourceFiles(['.ts', '.mjs', '.lua'])),
    ...migrationFaults(migrations),
  ];
  for (const fault of faults) console.error(fault);
  process.exit(faults.length === 0 ? 0 : 1);
}

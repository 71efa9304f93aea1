// The limits of size, as a test. The median file stays under 100 lines and no file passes 300: a file that
// grows past that is a question about the design. Raising a number here is a decision to argue for.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
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

if (
  process.argv[1] !== undefined &&
  path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  const faults = styleFaults(sourceFiles(['.ts', '.mjs', '.lua']));
  for (const fault of faults) console.error(fault);
  process.exit(faults.length === 0 ? 0 : 1);
}

import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A secret that development makes once and keeps in the data directory, readable by its owner only.
 * The exclusive create decides between two processes that start at the same time: the loser reads
 * the winner's secret.
 */
export function developmentSecret(
  dataDir: string,
  name: string,
  prefix: string,
  spelling: 'hex' | 'base64' = 'hex',
): string {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, name);
  const kept = read(path);
  if (kept !== '') return kept;
  try {
    const file = openSync(path, 'wx', 0o600);
    const made = prefix + randomBytes(32).toString(spelling);
    writeSync(file, `${made}\n`);
    closeSync(file);
    return made;
  } catch (error) {
    const winner = read(path);
    if (winner !== '') return winner;
    throw error;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

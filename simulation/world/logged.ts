/** What the processes of a world complained of in their logs. */
import fs from 'node:fs';

const LINES_SHOWN = 20;
const WARN = 40;

/** Warnings and errors by message, most frequent first; `12 x message`. */
export function loggedIn(files: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const file of files) {
    for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
      const message = messageOf(line);
      if (message !== undefined) counts.set(message, (counts.get(message) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, LINES_SHOWN)
    .map(([message, count]) => `${count} x ${message}`);
}

function messageOf(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, err, route } = JSON.parse(line) as Record<string, unknown>;
    if (typeof level !== 'number' || level < WARN || typeof msg !== 'string') return undefined;
    // Not ready yet is what whoever waits for a start asks about.
    if (route === '/readyz') return undefined;
    const cause = typeof err === 'object' && err !== null && 'message' in err ? err.message : '';
    return typeof cause === 'string' && cause !== '' ? `${msg}: ${cause.split('\n')[0]}` : msg;
  } catch {
    return undefined;
  }
}

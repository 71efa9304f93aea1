import { expect, test } from 'vitest';
import { concurrency } from './concurrency.ts';

const TIMEOUT_MS = 900_000;

test(
  'races over HTTP spend no money twice: the short form of the acceptance run',
  async () => {
    const lines: string[] = [];
    const failed = await concurrency({ races: 100 }, (line) => lines.push(line));
    expect(failed, lines.join('\n')).toBe(0);
    expect(lines).toHaveLength(12);
  },
  TIMEOUT_MS,
);

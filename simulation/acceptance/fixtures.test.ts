import { expect, test } from 'vitest';
import { fixtures } from './fixtures.ts';

const TIMEOUT_MS = 900_000;

test(
  "the providers' own messages in every order leave one end and the right amount behind",
  async () => {
    const lines: string[] = [];
    expect(await fixtures((line) => lines.push(line)), lines.join('\n')).toBe(0);
    expect(lines).toHaveLength(9);
  },
  TIMEOUT_MS,
);

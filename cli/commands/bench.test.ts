import { expect, test } from 'vitest';
import { UsageError } from '../command.ts';
import { bench } from './bench.ts';

const nowhere = { env: {}, out: () => undefined, isTerminal: false };

test.each([
  [['--only', 'a,nothing'], '--only takes some of a, b,'],
  [['--rounds', '0'], '--rounds takes a whole number from 1 to 100'],
  [['--rounds', 'many'], '--rounds takes a whole number from 1 to 100'],
  [['--write', '../elsewhere'], '--write takes a name'],
  [['--scenarios', 'storm'], '--scenarios takes short, or some of authorize-burst,'],
  [['--sideways'], "Unknown option '--sideways'"],
  [['--smoke', '--compare', 'no-such-commit'], 'there is no commit no-such-commit'],
  [['--smoke', '--compare', '--upload-pack=x'], "'--compare'"],
])('%j is a usage error, before anything is started', async (args, message) => {
  const running = bench.run(args, nowhere);
  await expect(running).rejects.toThrow(UsageError);
  await expect(running).rejects.toThrow(message);
});

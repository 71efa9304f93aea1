import { setTimeout as after } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { within } from './within.ts';

/** The process does nothing else for so long. */
function standStill(forMs: number): void {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs);
}

test('silence is an outage', async () => {
  const never = new Promise<never>(() => undefined);
  await expect(within(never, 20)).rejects.toMatchObject({ code: 'redis_unreachable' });
});

test('what comes in time is passed on, and so is what fails', async () => {
  expect(await within(Promise.resolve('here'), 60_000)).toBe('here');
  await expect(within(Promise.reject(new RangeError('no')), 60_000)).rejects.toThrow(RangeError);
});

test('a process that stood still itself hears what has come meanwhile', async () => {
  const asked = within(after(60, 'here'), 50);
  standStill(500);
  expect(await asked).toBe('here');
});

import { afterEach, expect, test } from 'vitest';
import { type Alarms, createAlarms } from './alarms.ts';
import { createEngineClock } from './engine-clock.ts';

let alarms: Alarms | undefined;
afterEach(() => alarms?.stop());

/** What rang, with how much too early each was, in ms. */
function rung(): { keys: string[]; earlyMs: number[]; at: Map<string, number> } {
  const keys: string[] = [];
  const earlyMs: number[] = [];
  const at = new Map<string, number>();
  alarms = createAlarms((key) => {
    keys.push(key);
    earlyMs.push((at.get(key) ?? 0) - performance.now());
  });
  return { keys, earlyMs, at };
}

test('alarms ring in the order of their moments, none before its own', async () => {
  const heard = rung();
  const startMs = performance.now();
  // A fixed shuffle: 7 has no factor in common with 200.
  for (let i = 0; i < 200; i++) {
    const nth = (i * 7) % 200;
    heard.at.set(`${nth}`, startMs + nth / 2);
    alarms?.set(`${nth}`, startMs + nth / 2);
  }
  await expect.poll(() => heard.keys.length, { timeout: 60_000 }).toBe(200);
  expect(heard.keys).toEqual(Array.from({ length: 200 }, (_, nth) => `${nth}`));
  expect(Math.max(...heard.earlyMs)).toBeLessThanOrEqual(0);
});

test('the last moment that was set counts, and what was cleared does not ring', async () => {
  const heard = rung();
  const startMs = performance.now();
  for (let i = 0; i < 5_000; i++) alarms?.set('moved', startMs + 10_000 - i);
  alarms?.set('moved', startMs + 30);
  alarms?.set('cleared', startMs + 10);
  alarms?.clear('cleared');
  alarms?.set('last', startMs + 40);
  await expect.poll(() => heard.keys, { timeout: 60_000 }).toEqual(['moved', 'last']);
});

test('an alarm may be set from within another', async () => {
  const keys: string[] = [];
  const set = (key: string) => alarms?.set(key, performance.now() + 5);
  alarms = createAlarms((key) => {
    keys.push(key);
    if (keys.length < 3) set(`${key}+`);
  });
  set('a');
  await expect.poll(() => keys, { timeout: 60_000 }).toEqual(['a', 'a+', 'a++']);
});

test("the engine's clock is taken from its quickest answer, not from the late ones", () => {
  const clock = createEngineClock();
  const engineMs = Date.parse('2030-01-01T00:00:00Z');
  const beforeMs = performance.now();
  clock.saw(engineMs - 400);
  clock.saw(engineMs);
  clock.saw(engineMs - 900);
  const afterMs = performance.now();
  expect(clock.nowMs() - engineMs).toBeGreaterThanOrEqual(0);
  expect(clock.momentOf(engineMs + 5_000)).toBeGreaterThanOrEqual(beforeMs + 5_000);
  expect(clock.momentOf(engineMs + 5_000)).toBeLessThanOrEqual(afterMs + 5_000);
});

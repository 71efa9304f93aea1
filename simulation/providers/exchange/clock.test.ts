import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { SimulatedClock } from './clock.ts';
import { type Timer, TimerHeap } from './timer-heap.ts';

test('the heap gives what is left of its timers in order, whatever is cancelled', () => {
  const command = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ cancel: fc.nat(200) }),
    fc.record({ due: fc.integer({ min: 0, max: 50 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const heap = new TimerHeap();
      const all: Timer[] = [];
      let model: Timer[] = [];
      for (const step of commands) {
        if ('push' in step) {
          const timer = { atMs: step.push, order: all.length, work: () => {}, cancelled: false };
          all.push(timer);
          model.push(timer);
          heap.push(timer);
        } else if ('cancel' in step) {
          const timer = all[step.cancel % Math.max(1, all.length)];
          if (timer) heap.cancel(timer);
          model = model.filter((other) => other !== timer);
        } else {
          model.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
          const wanted = model[0] && model[0].atMs <= step.due ? model.shift() : undefined;
          expect(heap.takeDue(step.due)).toBe(wanted);
        }
        expect(heap.size).toBe(model.length);
      }
    }),
    { numRuns: 200 },
  );
});

test('mass cancellation frees the heap and loses nobody', () => {
  const heap = new TimerHeap();
  const timers = Array.from({ length: 10_000 }, (_, order) => {
    const timer: Timer = {
      atMs: (order * 7_919) % 10_000,
      order,
      work: () => {},
      cancelled: false,
    };
    heap.push(timer);
    return timer;
  });
  for (const timer of timers) if (timer.atMs % 10 !== 0) heap.cancel(timer);
  expect(heap.size).toBe(1_000);
  for (let atMs = 0; atMs < 10_000; atMs += 10) expect(heap.takeDue(10_000)?.atMs).toBe(atMs);
  expect(heap.takeDue(10_000)).toBeUndefined();
});

test('an accelerated clock does what is asked, in order and never early', async () => {
  const clock = new SimulatedClock({ scale: 1_000, startAtMs: 5_000_000 });
  const done: { wanted: number; at: number }[] = [];
  for (const wanted of [5_090_000, 5_030_000, 5_060_000]) {
    clock.at(wanted, () => done.push({ wanted, at: clock.now() }));
  }
  const cancelled = clock.at(5_040_000, () => done.push({ wanted: 0, at: 0 }));
  clock.cancel(cancelled);
  await eventually(() => done.length).toBe(3);
  expect(done.map(({ wanted }) => wanted)).toEqual([5_030_000, 5_060_000, 5_090_000]);
  for (const { wanted, at } of done) expect(at).toBeGreaterThanOrEqual(wanted);
  clock.stop();
});

test('a clock that is moved on does at once what is due by then, in order, and nothing else', async () => {
  const clock = new SimulatedClock({ startAtMs: 5_000_000 });
  const done: number[] = [];
  for (const wanted of [5_090_000, 5_030_000, 9_000_000, 5_060_000]) {
    clock.at(wanted, () => done.push(wanted));
  }
  clock.at(5_050_000, () => clock.at(5_070_000, () => done.push(5_070_000)));
  clock.advance(100_000);
  expect(clock.now()).toBeGreaterThanOrEqual(5_100_000);
  await eventually(() => done).toEqual([5_030_000, 5_060_000, 5_070_000, 5_090_000]);
  expect(() => clock.advance(-1)).toThrow(RangeError);
  clock.stop();
});

test('a stopped clock does nothing more', async () => {
  const clock = new SimulatedClock({ scale: 1_000 });
  let ran = false;
  clock.after(1_000, () => {
    ran = true;
  });
  clock.stop();
  clock.after(0, () => {
    ran = true;
  });
  const witness = new SimulatedClock({ scale: 1_000 });
  let passed = false;
  witness.after(50_000, () => {
    passed = true;
  });
  await eventually(() => passed).toBe(true);
  expect(ran).toBe(false);
});

test('work that fails does not stop the clock', async () => {
  const clock = new SimulatedClock({ scale: 1_000 });
  const failures: unknown[] = [];
  const listener = (error: unknown) => failures.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', listener);
  try {
    let later = false;
    clock.after(0, () => {
      throw new Error('intended');
    });
    clock.after(5_000, () => {
      later = true;
    });
    await eventually(() => later).toBe(true);
  } finally {
    process.off('uncaughtException', listener);
    for (const other of others) process.on('uncaughtException', other);
  }
  expect(failures).toHaveLength(1);
  clock.stop();
});

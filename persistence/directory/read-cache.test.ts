import { describe, expect, test } from 'vitest';
import { type CacheLimits, ReadCache } from './read-cache.ts';

function outage(): Error {
  return Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' });
}

/** A cache on a clock that the test moves, and a loader whose answers the test gives. */
function setUp(limits: Partial<CacheLimits> = {}) {
  const clock = { nowMs: 0 };
  const cache = new ReadCache<string>({ patienceMs: 5, ...limits }, () => clock.nowMs);
  const state = { loads: 0, answer: async (): Promise<string | undefined> => 'first' };
  const read = (key = 'k') =>
    cache.read(key, () => {
      state.loads += 1;
      return state.answer();
    });
  return { clock, cache, state, read };
}

describe('the read cache', () => {
  test('asks once for many readers of one cold key', async () => {
    const { read, state } = setUp();
    const answers = await Promise.all(Array.from({ length: 50 }, () => read()));
    expect(new Set(answers)).toEqual(new Set(['first']));
    expect(state.loads).toBe(1);
  });

  test('serves a record for its time to live and then asks again', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100 });
    await read();
    state.answer = async () => 'second';
    clock.nowMs = 99;
    expect(await read()).toBe('first');
    clock.nowMs = 100;
    expect(await read()).toBe('second');
  });

  test('renews what is read in the second half of its time, and nobody waits for it', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100 });
    await read();
    let finish: (value: string) => void = () => undefined;
    state.answer = () => new Promise((resolve) => (finish = resolve));
    clock.nowMs = 49;
    await read();
    expect(state.loads).toBe(1);
    clock.nowMs = 50;
    expect([await read(), await read()]).toEqual(['first', 'first']);
    expect(state.loads).toBe(2);
    finish('second');
    await expect.poll(() => read()).toBe('second');
    clock.nowMs = 149;
    state.answer = async () => 'third';
    expect(await read()).toBe('second');
  });

  test('serves on when it cannot be renewed, and tries again a little later', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100, retryMs: 10 });
    await read();
    state.answer = () => Promise.reject(outage());
    clock.nowMs = 50;
    expect([await read(), await read()]).toEqual(['first', 'first']);
    clock.nowMs = 60;
    expect(await read()).toBe('first');
    expect(state.loads).toBe(3);
  });

  test('remembers that there is none for its own, shorter time', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100, absentTtlMs: 10 });
    state.answer = async () => undefined;
    expect(await read()).toBeUndefined();
    state.answer = async () => 'made';
    clock.nowMs = 9;
    expect(await read()).toBeUndefined();
    clock.nowMs = 10;
    expect(await read()).toBe('made');
  });

  test('does not keep what was read before the record was forgotten', async () => {
    const { read, state, cache } = setUp();
    let finish: (value: string) => void = () => undefined;
    state.answer = () => new Promise((resolve) => (finish = resolve));
    const early = read();
    cache.forget('k');
    state.answer = async () => 'new';
    expect(await read()).toBe('new');
    finish('old');
    expect(await early).toBe('old');
    expect(await read()).toBe('new');
    expect(state.loads).toBe(2);
  });

  test('serves an expired record while Postgres is away, asking again after a pause', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100, retryMs: 10, staleMs: 1000 });
    await read();
    state.answer = () => Promise.reject(outage());
    clock.nowMs = 500;
    expect(await read()).toBe('first');
    expect(await read()).toBe('first');
    expect(state.loads).toBe(2);
    clock.nowMs = 510;
    expect(await read()).toBe('first');
    expect(state.loads).toBe(3);
    clock.nowMs = 1000;
    await expect(read()).rejects.toThrow('no connection');
  });

  test('serves an expired record when the new one is slow, then the new one', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100, retryMs: 10 });
    await read();
    let finish: (value: string) => void = () => undefined;
    const slow = new Promise<string>((resolve) => (finish = resolve));
    state.answer = () => slow;
    clock.nowMs = 100;
    expect(await read()).toBe('first');
    finish('second');
    await slow;
    expect(await read()).toBe('second');
    expect(state.loads).toBe(2);
  });

  test('is not waited for again by who comes when it has been waited for', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100, patienceMs: 60_000 });
    await read();
    state.answer = () => new Promise(() => undefined);
    clock.nowMs = 50;
    await read();
    clock.nowMs = 60_050;
    expect(await read()).toBe('first');
    expect(state.loads).toBe(2);
  });

  test('never serves a forgotten record, even while Postgres is away', async () => {
    const { read, state, cache } = setUp();
    await read();
    cache.forget('k');
    state.answer = () => Promise.reject(outage());
    await expect(read()).rejects.toThrow('no connection');
  });

  test('does not serve a record that was forgotten while its refresh hung', async () => {
    const { read, state, cache, clock } = setUp({ ttlMs: 100 });
    await read();
    clock.nowMs = 100;
    let fail: (error: Error) => void = () => undefined;
    state.answer = () => new Promise((_, reject) => (fail = reject));
    const waiting = read();
    cache.forget('k');
    fail(outage());
    await expect(waiting).rejects.toThrow('no connection');
  });

  test('passes on an error that is no outage, never hiding it behind an old record', async () => {
    const { read, state, clock } = setUp({ ttlMs: 100 });
    await read();
    clock.nowMs = 100;
    state.answer = () => Promise.reject(Object.assign(new Error('no column'), { code: '42703' }));
    await expect(read()).rejects.toThrow('no column');
  });

  test('asks for all again after expireAll, but keeps the records for an outage', async () => {
    const { read, state, cache } = setUp();
    await read();
    cache.expireAll();
    state.answer = () => Promise.reject(outage());
    expect(await read()).toBe('first');
    expect(state.loads).toBe(2);
  });

  test('holds no more than its limit and lets the least recently read go', async () => {
    const { read, state, cache } = setUp({ maxEntries: 2 });
    await read('a');
    await read('b');
    await read('a');
    await read('c');
    expect(cache.size).toBe(2);
    await read('a');
    expect(state.loads).toBe(3);
    await read('b');
    expect(state.loads).toBe(4);
  });
});

import { describe, expect, test } from 'vitest';
import { DEFAULT_CALL_POLICY } from '../policy.ts';
import { liveHold } from '../test/holds.ts';
import { openCallAnswer, outageAnswer, unknownCallAnswer } from './status-answer.ts';

const strict = { ...DEFAULT_CALL_POLICY, on_outage: 'end' as const };
const final = { finalReason: 'insufficient_funds', cutoffAtMs: 1_072_000 };

describe('an open call', () => {
  test('goes on and is asked about again in a minute', () => {
    expect(openCallAnswer(liveHold(), 1_030_000, 5)).toEqual({
      endCall: false,
      granted_seconds: 75,
      authorized_until: '1970-01-01T00:17:55.000Z',
      final: false,
      cost_so_far_micros: 300_000,
      available_micros: 5,
      next_check_in_seconds: 60,
    });
  });

  test.each([
    [1_030_000, false, 42, 42],
    [1_071_999, false, 0, 1],
    [1_072_000, true, 0, 1],
    [1_090_000, true, 0, 1],
  ])('that is final: at %i end %s, %i s left, ask again in %i s', (now, end, left, next) => {
    expect(openCallAnswer(liveHold(final), now, 0)).toMatchObject({
      endCall: end,
      reason: 'insufficient_funds',
      final: true,
      seconds_left: left,
      next_check_in_seconds: next,
    });
  });
});

describe('while the engine is away', () => {
  test.each([
    ['continue', DEFAULT_CALL_POLICY, 1_075_000, false],
    ['continue', DEFAULT_CALL_POLICY, 1_134_999, false],
    ['continue', DEFAULT_CALL_POLICY, 1_135_000, true],
    ['end', strict, 1_074_999, false],
    ['end', strict, 1_075_000, true],
  ])('%s: a call paid up to 1,075,000 asked about at %#', (_, policy, now, end) => {
    const answer = outageAnswer(liveHold(), policy, 0, now);
    expect(answer).toMatchObject({ endCall: end, reason: 'outage', available_micros: null });
  });

  test('a cutoff that was decided stands, grace or not', () => {
    const answer = (now: number) => outageAnswer(liveHold(final), DEFAULT_CALL_POLICY, 0, now);
    expect(answer(1_071_999)).toMatchObject({ endCall: false, final: true, seconds_left: 0 });
    expect(answer(1_072_000)).toMatchObject({ endCall: true, reason: 'insufficient_funds' });
  });

  test('a call that may just have been answered is let go on', () => {
    const ringing = liveHold({ state: 'authorized', startedAtMs: 0 });
    expect(outageAnswer(ringing, strict, 0, 1_100_000)).toMatchObject({ endCall: false });
    // Rung out at 1,110,000 and paid for 75 s from there at most.
    expect(outageAnswer(ringing, strict, 0, 1_185_000)).toMatchObject({ endCall: true });
  });

  test('of a call nobody remembers the grace counts from the start of the process', () => {
    const answer = (now: number) => outageAnswer(undefined, DEFAULT_CALL_POLICY, 1_000_000, now);
    expect(answer(1_059_999)).toMatchObject({ endCall: false, authorized_until: null });
    expect(answer(1_060_000)).toMatchObject({ endCall: true, reason: 'outage' });
  });
});

test('a call nobody authorized ends, unless the policy says otherwise', () => {
  expect(unknownCallAnswer('end')).toMatchObject({ endCall: true, reason: 'call_not_found' });
  expect(unknownCallAnswer('continue')).toMatchObject({ endCall: false });
});

// Lives that once told Redis and the model apart, shrunk, each with what was wrong.

import type { Action, Life, Step } from './actions.ts';

const run = (...actions: Action[]): Step => ({ step: 'run', actions });
const clock = (byMs: number): Step => ({ step: 'clock', byMs });
const flush: Step = { step: 'flush' };
const rebuild: Step = { step: 'forget', rebuilt: true };
const retry: Action = { verb: 'retry', back: 0 };

const reserve: Action = { verb: 'reserve', hold: 0, wallets: [0], amount: 1_000, ttlMs: 60_000 };
const capture: Action = {
  verb: 'capture',
  hold: 5,
  durationMs: 0,
  amount: 500,
  evidence: 1,
  key: 0,
};
const body = {
  legs: [{ wallet: 0, price: 0 }],
  policy: 0,
  maxDurationMs: 3_600_000,
  capFloorMs: 0,
  hasProvider: false,
  unbilled: false,
};
const authorize: Action = { verb: 'authorize', call: 0, body };
const cap = (wallet: number): Action => ({
  verb: 'configure',
  wallet,
  changes: { maxLiveCalls: 1 },
});
const freeze = (frozen: boolean): Action => ({ verb: 'configure', wallet: 0, changes: { frozen } });

export const REGRESSIONS: Readonly<Record<string, Life>> = {
  'a capture past the time to live journalled the expiry under its own key, marked as estimated': {
    money: [1_000, 0, 0],
    steps: [run(reserve), clock(120_000), run(capture), run(retry)],
  },
  'after a rebuild the key of a capture was told hold_closed instead of its answer': {
    money: [1_000, 0, 0],
    steps: [run(reserve), run(capture), flush, rebuild, run(retry)],
  },
  'a cap on the first leg was told before a freeze on the second': {
    money: [1_000_000, 1_000_000, 0],
    steps: [
      run(cap(0), { verb: 'configure', wallet: 1, changes: { frozen: true } }),
      run(authorize),
      run({
        ...authorize,
        call: 1,
        body: { ...body, legs: [...body.legs, { wallet: 1, price: 0 }] },
      }),
    ],
  },
  'a thaw did not wake the final calls of its wallet': {
    money: [1_000_000, 0, 0],
    steps: [
      run(authorize),
      run({ verb: 'start', call: 0, agoMs: 0 }, freeze(true)),
      clock(60_000),
      run({ verb: 'check', call: 0, elapsedMs: 0, proof: true }),
      run(freeze(false)),
      run({ verb: 'due', limit: 4, leaseMs: 1_000 }),
    ],
  },
  'the refusal to extend a closed hold was not remembered under its key': {
    money: [1_000, 0, 0],
    steps: [
      run(reserve),
      run({ verb: 'void', hold: 5, key: 1 }),
      run({ verb: 'extend', hold: 0, amount: 1, key: 0 }),
      run(retry),
    ],
  },
};

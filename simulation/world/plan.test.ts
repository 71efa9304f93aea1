import { expect, test } from 'vitest';
import { priceOf } from '../../engine/index.ts';
import type { WorldOptions } from './options.ts';
import { planWorld, priceAt, RETAIL_MICROS } from './plan.ts';

const options: WorldOptions = {
  calls: 103,
  wallets: 10,
  providers: ['vapi', 'retell', 'twilio'],
  increment: '6/6',
  faults: 'none',
  enforcers: 0,
  killEnforcerEverySeconds: 0,
  restartRedis: false,
  seconds: 120,
  seed: 4,
};

test('the same options plan the same world, another seed another', () => {
  expect(planWorld(options)).toEqual(planWorld(options));
  expect(planWorld({ ...options, seed: 5 })).not.toEqual(planWorld(options));
});

test('every call is planned once, with a number of its own', () => {
  const calls = planWorld(options).wallets.flatMap((wallet) => wallet.calls);
  expect(calls).toHaveLength(103);
  expect(new Set(calls.map(({ to }) => to)).size).toBe(103);
  expect(new Set(calls.map(({ callId }) => callId)).size).toBe(103);
  expect(new Set(calls.map(({ provider }) => provider))).toEqual(new Set(options.providers));
});

test('each wallet can start all of its calls and keep none of them for ever', () => {
  const { policy, wallets } = planWorld(options);
  for (const { fundsMicros, calls } of wallets) {
    const price = priceAt('6/6', RETAIL_MICROS);
    const first = calls.length * priceOf(price, policy.quantum_seconds * 1000);
    expect(fundsMicros).toBeGreaterThan(first);
    expect(fundsMicros).toBeLessThan(
      calls.length * priceOf(price, options.seconds * 1000 + 12_000),
    );
  }
  expect(new Set(wallets.map(({ fundsMicros }) => fundsMicros)).size).toBe(wallets.length);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVIDENCE } from './hold-verbs.ts';
import { PARTITION, World } from './test/world.ts';

let world: World;
let calls = 0;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

async function call(walletIds: string[], more = {}) {
  const callId = `call-${++calls}`;
  await world.engine.authorize(world.call(callId, walletIds, more));
  return world.ref(callId);
}

async function redisMs(): Promise<number> {
  const [seconds, micros] = await world.raw.time();
  return Number(seconds) * 1_000 + Number(micros) / 1_000;
}

const webhook = { evidence: EVIDENCE.provider_webhook } as const;

describe('the end of a hold', () => {
  test('capture takes what was used and gives the rest back', async () => {
    const wallet = await world.wallet(1_000_000);
    const ref = await call([wallet]);
    const outcome = await world.engine.capture({ ...ref, durationMs: 59_200, ...webhook });
    expect(outcome).toMatchObject({
      status: 'done',
      entry: {
        rows: [
          { kind: 'capture', amountMicros: -60_000, heldDeltaMicros: -75_000, shortfallMicros: 0 },
        ],
        hold: {
          state: 'captured',
          usedMs: 59_200,
          legs: [{ capturedMicros: 60_000, heldMicros: 0 }],
        },
      },
    });
    expect(await world.state(wallet)).toMatchObject({
      postedMicros: 940_000,
      heldMicros: 0,
      liveCalls: 0,
    });
  });

  test('what exceeds the money is taken all the same, and recorded as shortfall', async () => {
    const wallet = await world.wallet(80_000);
    const ref = await call([wallet]);
    const outcome = await world.engine.capture({ ...ref, durationMs: 100_000, ...webhook });
    expect(outcome).toMatchObject({
      status: 'done',
      entry: { rows: [{ shortfallMicros: 20_000 }] },
    });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: -20_000 });
  });

  test('1,000 races of capture, void and expire: one winner each, the losers are told', async () => {
    const wallet = await world.wallet(1_000_000_000);
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const ref = await call([wallet], {
            policy: {
              minimumMs: 1,
              quantumMs: 1_000,
              warnMs: 0,
              leadMs: 0,
              ringMs: 0,
              heartbeatMs: 0,
              endMessageMs: 0,
            },
          });
          const ends = await Promise.all([
            world.engine.capture({ ...ref, durationMs: 1_000, ...webhook }),
            world.engine.void(ref),
            world.engine.expire(ref),
          ]);
          expect(ends.filter((end) => end.status === 'done')).toHaveLength(1);
          const losers = ends.filter((end) => end.status === 'hold_closed');
          expect(losers).toHaveLength(2);
          expect(new Set(losers.map((end) => ('hold' in end ? end.hold.state : ''))).size).toBe(1);
        }),
      );
    }
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 0, liveCalls: 0 });
  });

  test('settle corrects from stronger evidence, both ways, and repeats harmlessly', async () => {
    const wallet = await world.wallet(1_000_000);
    const ref = await call([wallet]);
    await world.engine.capture({ ...ref, durationMs: 30_000, evidence: EVIDENCE.caller });
    const settle = (durationMs: number, evidence: 2 | 3 | 4) =>
      world.engine.settle({ ...ref, durationMs, evidence });
    expect((await settle(10_000, 2)).status).toBe('unchanged');
    expect(await settle(45_000, 3)).toMatchObject({
      status: 'done',
      entry: { rows: [{ kind: 'adjustment', amountMicros: -15_000 }] },
    });
    expect((await settle(45_000, 3)).status).toBe('unchanged');
    expect(await settle(20_000, 4)).toMatchObject({ entry: { rows: [{ amountMicros: 25_000 }] } });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 980_000 });
  });

  test('a call without a hold is recorded once', async () => {
    const wallet = await world.wallet(10_000);
    const input = world.call('unheld', [wallet]);
    const record = () => world.engine.record({ ...input, durationMs: 30_000, ...webhook });
    const outcomes = await Promise.all(Array.from({ length: 10 }, record));
    expect(outcomes.filter((outcome) => outcome.status === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.status === 'hold_exists')).toHaveLength(9);
    expect(await world.state(wallet)).toMatchObject({ postedMicros: -20_000, sequence: 2 });
    expect((await world.engine.authorize(input)).status).not.toBe('done');
  });

  test('an amount hold past its time to live takes nothing, swept or not', async () => {
    const wallet = await world.wallet(1_000_000);
    const input = world.call('ttl', [wallet], { kind: 'amount', ttlMs: 1, callId: '' });
    const legs = [
      {
        walletId: wallet,
        role: 'client',
        amountMicros: 500,
        price: input.legs[0]?.price ?? never(),
      },
    ];
    await world.engine.authorize({ ...input, legs });
    const heldMs = await redisMs();
    await expect.poll(redisMs).toBeGreaterThan(heldMs + 1);
    const late = { ...world.ref('ttl'), amountMicros: 400, evidence: EVIDENCE.caller };
    expect((await world.engine.capture(late)).status).toBe('hold_closed');
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 1_000_000, heldMicros: 0 });
  });

  test('a silent provider call is never voided by time: it counts as live, estimated', async () => {
    const wallet = await world.wallet(1_000_000);
    const policy = {
      minimumMs: 1,
      quantumMs: 60_000,
      warnMs: 0,
      leadMs: 0,
      ringMs: 0,
      heartbeatMs: 0,
      endMessageMs: 0,
    };
    const ref = await call([wallet], { policy, hasProvider: true });
    expect(await world.engine.expire(ref)).toMatchObject({
      status: 'done',
      entry: { hold: { state: 'live', estimated: true } },
    });
    expect((await world.engine.expire(ref)).status).toBe('not_due');
  });

  test('a capture that would leave the range of money is refused whole', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.deposit(wallet, -Number.MAX_SAFE_INTEGER);
    const before = await world.state(wallet);
    const input = world.call('huge', [wallet], { kind: 'amount', callId: '', unbilled: true });
    const hold = {
      ...input,
      legs: [
        {
          walletId: wallet,
          role: 'client',
          amountMicros: 0,
          price: input.legs[0]?.price ?? never(),
        },
      ],
    };
    await world.engine.authorize(hold);
    const outcome = await world.engine.capture({
      ...world.ref('huge'),
      amountMicros: Number.MAX_SAFE_INTEGER,
      evidence: 2,
    });
    expect(outcome.status).toBe('balance_out_of_range');
    expect((await world.state(wallet)).postedMicros).toBe(before.postedMicros);
  });

  test('an unknown hold is said to be unknown', async () => {
    const ref = { partition: PARTITION, holdId: 'hold_unknown' };
    expect((await world.engine.void(ref)).status).toBe('hold_not_found');
  });
});

function never(): never {
  throw new Error('no price');
}

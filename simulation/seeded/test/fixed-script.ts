/**
 * A run that is the same each time: calls that a client and its agency pay together, in all the ways
 * they end, amount holds, charges, and transfers inside a partition and across.
 */
import { callHoldId, EVIDENCE, FREE, NO_POLICY, requestHoldId } from '../../../engine/index.ts';
import type { Command } from '../../../engine/model/index.ts';
import { POLICIES, PRICES } from '../shapes.ts';
import type { Tenant } from '../stage.ts';
import type { World } from '../world.ts';

/** What a caller does: the same again when it had no answer. */
export type Step = (world: World) => Promise<unknown>;

const PARTITIONS_TENANTS = 3;

/** Agency, two clients; by partition. */
function tenant(world: World, partition: number, n: number): Tenant {
  const found = world.stage.tenants[partition * PARTITIONS_TENANTS + n];
  if (found === undefined) throw new RangeError(`no tenant ${n} in partition ${partition}`);
  return found;
}

type Who = readonly [partition: number, n: number];
const AGENCY: Who = [0, 0];
const CLIENT: Who = [0, 1];
const SECOND_CLIENT: Who = [0, 2];
const ELSEWHERE: Who = [1, 1];
const ELSEWHERE_TOO: Who = [1, 2];

const send =
  (command: (world: World) => Command): Step =>
  (world) =>
    world.send(command(world));
const time =
  (ms: number): Step =>
  (world) =>
    world.moveClock(ms);

function headOf(world: World, who: Who, key: string) {
  const { organizationId, partition, walletId } = tenant(world, ...who);
  const request = { kind: 'request' as const, scope: organizationId, key, fingerprint: 'f' };
  return { partition, organizationId, walletId, request };
}

function deposit(who: Who, amountMicros: number): Step {
  return send((world) => {
    const head = headOf(world, who, 'deposit');
    return { verb: 'credit', ...head, kind: 'deposit', amountMicros };
  });
}

function charge(who: Who, key: string, amountMicros: number): Step {
  return send((world) => {
    const { walletId, ...head } = headOf(world, who, key);
    const legs = [{ walletId, role: 'client', amountMicros }];
    return { verb: 'charge', ...head, overdraft: true, unbilled: false, legs };
  });
}

function transfer(from: Who, to: Who, key: string, amountMicros: number): Step {
  return send((world) => {
    const { walletId: fromWalletId, ...head } = headOf(world, from, key);
    const { walletId: toWalletId } = tenant(world, ...to);
    return { verb: 'transfer', ...head, fromWalletId, toWalletId, amountMicros };
  });
}

/** Taken up by whoever comes by, once it has begun. */
function transferAcross(from: Who, to: Who, amountMicros: number): Step {
  const begun = new WeakSet<World>();
  return async (world) => {
    if (begun.has(world)) return world.transfers.resume(undefined);
    begun.add(world);
    await world.transfers.start(
      tenant(world, ...from),
      tenant(world, ...to),
      amountMicros,
      undefined,
    );
  };
}

/** A call that a client and its agency pay together. */
function call(who: Who, callId: string) {
  const place = (world: World) => {
    const { organizationId, partition } = tenant(world, ...who);
    return { partition, organizationId, holdId: callHoldId(organizationId, callId) };
  };
  const head = (world: World) => {
    const at = place(world);
    const { organizationId: scope } = at;
    return {
      ...at,
      callId,
      request: { kind: 'call' as const, scope, key: callId, fingerprint: 'f' },
    };
  };
  const legs = (world: World) => {
    const [perSecond, perMinute] = PRICES;
    if (perSecond === undefined || perMinute === undefined) throw new RangeError('no prices');
    return [
      { walletId: tenant(world, ...who).walletId, role: 'client', price: perSecond },
      { walletId: tenant(world, who[0], 0).walletId, role: 'agency', price: perMinute },
    ];
  };
  const ref = (world: World) => {
    const { partition, holdId } = place(world);
    return { partition, holdId };
  };
  return {
    authorize: send((world) => {
      const [policy] = POLICIES;
      if (policy === undefined) throw new RangeError('no policy');
      return {
        verb: 'authorize',
        ...head(world),
        kind: 'call',
        hasProvider: true,
        ttlMs: 0,
        maxDurationMs: 3_600_000,
        capFloorMs: 0,
        policy,
        unbilled: false,
        legs: legs(world).map((leg) => ({ ...leg, amountMicros: 0 })),
      };
    }),
    start: send((world) => ({ verb: 'start', ...ref(world), startedAtMs: world.nowMs })),
    check: send((world) => ({ verb: 'check', ...ref(world), proofOfLife: true })),
    capture: (durationMs: number) =>
      send((world) => ({ verb: 'capture', ...ref(world), durationMs, evidence: EVIDENCE.caller })),
    settle: (durationMs: number) =>
      send((world) => {
        const evidence = EVIDENCE.provider_record;
        return { verb: 'settle', ...ref(world), durationMs, evidence };
      }),
    void: send((world) => ({ verb: 'void', ...ref(world) })),
    record: (durationMs: number) =>
      send((world) => ({
        verb: 'record',
        ...head(world),
        durationMs,
        evidence: 3,
        legs: legs(world),
      })),
  };
}

/** Money set aside without a call, and what is taken of it. */
function reserve(who: Who, key: string, amountMicros: number) {
  const ref = (world: World) => {
    const { organizationId, partition } = tenant(world, ...who);
    return { partition, holdId: requestHoldId(organizationId, key) };
  };
  return {
    authorize: send((world) => {
      const { walletId, ...head } = headOf(world, who, key);
      return {
        verb: 'authorize',
        ...head,
        ...ref(world),
        kind: 'amount',
        callId: '',
        hasProvider: false,
        ttlMs: 600_000,
        maxDurationMs: 0,
        capFloorMs: 0,
        policy: NO_POLICY,
        unbilled: false,
        legs: [{ walletId, role: 'client', amountMicros, price: FREE }],
      };
    }),
    extend: send((world) => {
      const { request } = headOf(world, who, `${key} extended`);
      return { verb: 'extend', ...ref(world), amountMicros, request };
    }),
    capture: send((world) => {
      return { verb: 'capture', ...ref(world), amountMicros, evidence: EVIDENCE.caller };
    }),
  };
}

export function fixedScript(): Step[] {
  const [first, scarce, early, direct] = [
    call(CLIENT, 'first'),
    call(SECOND_CLIENT, 'scarce'),
    call(CLIENT, 'early'),
    call(CLIENT, 'direct'),
  ];
  const aside = reserve(ELSEWHERE, 'aside', 20_000);
  return [
    deposit(AGENCY, 3_000_000),
    deposit(CLIENT, 1_000_000),
    deposit(ELSEWHERE, 500_000),
    first.authorize,
    time(2_000),
    first.start,
    transfer(AGENCY, SECOND_CLIENT, 'to the second', 100_000),
    scarce.authorize,
    early.authorize,
    time(30_000),
    first.check,
    scarce.start,
    charge(CLIENT, 'sms', 20_000),
    early.void,
    time(60_000),
    first.check,
    // Its wallet has not enough for another quantum: it becomes final.
    scarce.check,
    first.capture(95_000),
    transfer(CLIENT, AGENCY, 'back', 50_000),
    aside.authorize,
    aside.extend,
    first.settle(80_000),
    direct.record(59_200),
    transfer(ELSEWHERE, ELSEWHERE_TOO, 'elsewhere', 60_000),
    time(20_000),
    scarce.capture(110_000),
    transferAcross(AGENCY, ELSEWHERE_TOO, 150_000),
    aside.capture,
    charge(ELSEWHERE_TOO, 'sms', 999),
    transferAcross(ELSEWHERE, CLIENT, 75_000),
    transfer(AGENCY, CLIENT, 'the last', 1_000),
  ];
}

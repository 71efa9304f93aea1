/** Calls: authorized, started, checked, ended, and ended again by those who come late. */
import {
  callHoldId,
  EVIDENCE,
  type Evidence,
  type HoldState,
  type Price,
  priceOf,
} from '../../../engine/index.ts';
import type { Command } from '../../../engine/model/index.ts';
import { isOpen } from '../past.ts';
import { DURATIONS_MS, POLICIES, PRICES } from '../shapes.ts';
import type { Tenant } from '../stage.ts';
import type { World } from '../world.ts';
import type { Events } from './event.ts';

export interface KnownHold {
  readonly partition: number;
  readonly holdId: string;
  readonly hold: HoldState;
}

/** Holds of the book in the order they were made. */
export function holdsOf(world: World, wanted: (hold: HoldState) => boolean): KnownHold[] {
  return world.book.partitions.flatMap(({ partition, holds }) =>
    [...holds].flatMap(([holdId, hold]) => (wanted(hold) ? [{ partition, holdId, hold }] : [])),
  );
}

const openCall = (hold: HoldState) => hold.kind === 'call' && isOpen(hold);
const EVIDENCES = Object.values(EVIDENCE);

export const CALLS: Events = {
  authorize: { weight: 18, run: async (world) => void (await world.send(authorization(world))) },
  start: {
    weight: 12,
    run: (world) =>
      withHold(
        world,
        (hold) => openCall(hold) && hold.state === 'authorized',
        async (known) => {
          const agoMs = world.oneOf([0, 0, 1_000, 30_000, -5_000]);
          await world.send({ verb: 'start', ...refOf(known), startedAtMs: world.nowMs - agoMs });
        },
      ),
  },
  check: {
    weight: 14,
    run: (world) =>
      withHold(
        world,
        (hold) => hold.kind === 'call' && (isOpen(hold) || rarely(world)),
        async (known) => {
          const elapsedMs = world.oneOf([0, 0, 30_000, 100_000]);
          const proofOfLife = world.dice.chance(0.8);
          await world.send({ verb: 'check', ...refOf(known), elapsedMs, proofOfLife });
        },
      ),
  },
  end: { weight: 10, run: (world) => withHold(world, openCall, (known) => end(world, known)) },
  'end late': {
    weight: 4,
    run: (world) =>
      withHold(
        world,
        (hold) => hold.kind === 'call',
        async (known) => {
          if (world.dice.chance(0.3)) return end(world, known);
          const usage = usageOf(world, known.hold);
          await world.send({ verb: 'settle', ...refOf(known), ...usage });
        },
      ),
  },
  void: {
    weight: 2,
    run: (world) =>
      withHold(world, openCall, async (known) => {
        await world.send({
          verb: 'void',
          ...refOf(known),
          ...world.maybeKeyed('void', known.hold.organizationId),
        });
      }),
  },
  record: { weight: 2, run: async (world) => void (await world.send(recording(world))) },
  cutoff: {
    weight: 4,
    run: (world) =>
      withHold(
        world,
        (hold) => openCall(hold) && hold.cutoffAtMs > 0,
        (known) => cutOff(world, known),
      ),
  },
};

function rarely(world: World): boolean {
  return world.dice.chance(0.05);
}

export function refOf({ partition, holdId }: KnownHold) {
  return { partition, holdId };
}

/** Nothing happens when there is no such hold. */
export async function withHold(
  world: World,
  wanted: (hold: HoldState) => boolean,
  work: (known: KnownHold) => Promise<unknown>,
): Promise<void> {
  const found = holdsOf(world, wanted);
  if (found.length > 0) await work(world.oneOf(found));
}

/** A client pays alone, or with its agency. */
function legsOf(world: World, tenant: Tenant) {
  const leg = (walletId: string, role: string) => ({ walletId, role, price: world.oneOf(PRICES) });
  const agency = world.stage.tenants.find(({ organizationId }) => organizationId === tenant.rootId);
  const both = tenant.parentId !== null && agency !== undefined && world.dice.chance(0.6);
  const own = leg(tenant.walletId, 'client');
  return both ? [own, leg(agency.walletId, 'agency')] : [own];
}

function callOf(world: World) {
  const tenant = world.oneOf(world.stage.tenants);
  const callId = `call-${world.count()}`;
  const { organizationId, partition } = tenant;
  return {
    tenant,
    head: {
      partition,
      request: { kind: 'call', scope: organizationId, key: callId, fingerprint: 'f' } as const,
      holdId: callHoldId(organizationId, callId),
      organizationId,
      callId,
    },
  };
}

function authorization(world: World): Command {
  const { tenant, head } = callOf(world);
  return {
    verb: 'authorize',
    ...head,
    kind: 'call',
    hasProvider: world.dice.chance(0.5),
    ttlMs: 0,
    maxDurationMs: world.oneOf([3_600_000, 3_600_000, 90_000]),
    capFloorMs: 0,
    policy: world.oneOf(POLICIES),
    unbilled: world.dice.chance(0.05),
    legs: legsOf(world, tenant).map((leg) => ({ ...leg, amountMicros: 0 })),
  };
}

function recording(world: World): Command {
  const { tenant, head } = callOf(world);
  const durationMs = world.oneOf(DURATIONS_MS);
  return { verb: 'record', ...head, durationMs, evidence: 3, legs: legsOf(world, tenant) };
}

/** What a caller, webhook or provider's record says was used. */
function usageOf(world: World, hold: HoldState) {
  const talkedMs = Math.max(0, world.nowMs - hold.startedAtMs);
  const live = hold.startedAtMs > 0 && isOpen(hold) && world.dice.chance(0.6);
  const durationMs = live ? talkedMs : world.oneOf(DURATIONS_MS);
  return { durationMs, evidence: world.oneOf(EVIDENCES) as Evidence };
}

async function end(world: World, known: KnownHold): Promise<void> {
  const usage = usageOf(world, known.hold);
  await world.send({
    verb: 'capture',
    ...refOf(known),
    ...usage,
    ...world.maybeKeyed('end', known.hold.organizationId),
  });
}

/** I12: a provider that reacts within the lead costs no more than its reaction. */
async function cutOff(world: World, known: KnownHold): Promise<void> {
  const { cutoffAtMs, startedAtMs, policy, legs } = known.hold;
  if (cutoffAtMs < world.nowMs) return;
  const reactionMs = world.dice.between([0, policy.leadMs]);
  await world.moveClock(cutoffAtMs + reactionMs - world.nowMs);
  const durationMs = cutoffAtMs + reactionMs - startedAtMs;
  const outcome = await world.send({
    verb: 'capture',
    ...refOf(known),
    durationMs,
    evidence: EVIDENCE.provider_webhook,
  });
  if (outcome.status !== 'done') return;
  const after = world.book.at(known.partition).holds.get(known.holdId);
  legs.forEach((leg, i) => {
    const over = (after?.legs[i]?.capturedMicros ?? 0) - leg.heldMicros;
    const bound =
      priceOf(priceIn(leg), durationMs) - priceOf(priceIn(leg), durationMs - reactionMs);
    if (over > bound)
      world.judges.faults.push(`I12 ${known.holdId}: ${over} over its cover, not ${bound}`);
  });
}

function priceIn(leg: HoldState['legs'][number]): Price {
  return leg;
}

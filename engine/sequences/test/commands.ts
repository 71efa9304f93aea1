// Turns the actions of a life into commands to the engine.

import { NO_POLICY } from '../../authorize.ts';
import type { HoldPolicy } from '../../generated/layouts.ts';
import { callHoldId, entryId, requestHoldId } from '../../ids.ts';
import type { Command } from '../../model/command.ts';
import type { ModelState } from '../../model/state.ts';
import { FREE, type Price } from '../../price.ts';
import type { RequestKey } from '../../request-key.ts';
import { PARTITION, PER_SECOND, POLICY } from '../../test/world.ts';
import { type Action, type Body, CALLS, WALLETS } from './actions.ts';

export const ORGANIZATION = 'org_sequences';
const partition = PARTITION;

/** 60/60; a fee; a minimum with 6/6; exact at an odd rate; a fee alone; nothing. */
const PRICE_LIST: readonly Price[] = [
  PER_SECOND,
  { ...PER_SECOND, initialMs: 60_000, subsequentMs: 60_000 },
  { ...PER_SECOND, connectionFeeMicros: 5_000 },
  { ...PER_SECOND, initialMs: 6_000, subsequentMs: 6_000, minimumMicros: 20_000 },
  { ...PER_SECOND, rateMicrosPerMinute: 70_001, initialMs: 0, subsequentMs: 0 },
  { ...FREE, connectionFeeMicros: 3_000 },
  FREE,
];
const POLICY_LIST: readonly HoldPolicy[] = [
  POLICY,
  { ...POLICY, minimumMs: 1_000, quantumMs: 5_000, warnMs: 0, leadMs: 0 },
  {
    ...POLICY,
    quantumMs: 30_000,
    leadMs: 15_000,
    ringMs: 30_000,
    heartbeatMs: 60_000,
    endMessageMs: 8_000,
  },
];

export function walletId(index: number): string {
  return `wal_${index % WALLETS}`;
}

export function holdIdOf(index: number): string {
  if (index < CALLS) return callHoldId(ORGANIZATION, `call-${index}`);
  return requestHoldId(ORGANIZATION, `reserve-${index - CALLS}`);
}

function pick<T>(list: readonly T[], index: number): T {
  const value = list[index % list.length];
  if (value === undefined) throw new Error('an empty list');
  return value;
}

function explicit(action: Action, key: number | string): RequestKey {
  const path = `POST /v1/${action.verb} ${key}`;
  return { kind: 'request', scope: ORGANIZATION, key: path, fingerprint: JSON.stringify(action) };
}

function callLegs(body: Body) {
  return body.legs.map(({ wallet, price }, i) => ({
    walletId: walletId(wallet),
    role: i === 0 ? 'client' : 'agency',
    price: pick(PRICE_LIST, price),
  }));
}

/** The command of an action; `world` says which entries there are to refund, and what time it is. */
export function commandOf(
  action: Exclude<Action, { readonly verb: 'retry' }>,
  world: ModelState,
): Command {
  const { verb } = action;
  switch (verb) {
    case 'authorize':
    case 'record':
    case 'reserve':
      return opening(action);
    case 'start': {
      const { nowMs, testNowMs } = world.partition;
      const startedAtMs = Math.max(nowMs, testNowMs) - action.agoMs;
      return { verb, ...hold(action.call), startedAtMs };
    }
    case 'check': {
      const { elapsedMs, proof } = action;
      return { verb, ...hold(action.call), elapsedMs, proofOfLife: proof };
    }
    case 'extend': {
      const request = explicit(action, `${action.hold} ${action.key}`);
      return { verb, ...hold(CALLS + action.hold), amountMicros: action.amount, request };
    }
    case 'capture':
    case 'settle':
    case 'void':
    case 'expire':
      return ending(action);
    case 'due':
      return { ...action, partition };
    case 'finals':
      return { verb, partition, walletId: walletId(action.wallet), limit: action.limit };
    default:
      return money(action, world);
  }
}

function hold(index: number) {
  return { partition, holdId: holdIdOf(index) };
}

function opening(
  action: Extract<Action, { readonly verb: 'authorize' | 'record' | 'reserve' }>,
): Command {
  if (action.verb === 'reserve') {
    return {
      verb: 'authorize',
      ...hold(CALLS + action.hold),
      request: explicit(action, action.hold),
      organizationId: ORGANIZATION,
      kind: 'amount',
      callId: '',
      hasProvider: false,
      ttlMs: action.ttlMs,
      maxDurationMs: 0,
      capFloorMs: 0,
      policy: NO_POLICY,
      unbilled: false,
      legs: action.wallets.map((wallet, i) => ({
        walletId: walletId(wallet),
        role: `leg-${i}`,
        amountMicros: action.amount,
        price: FREE,
      })),
    };
  }
  const { body } = action;
  const callId = `call-${action.call}`;
  const fingerprint = JSON.stringify(body);
  const common = {
    ...hold(action.call),
    request: { kind: 'call', scope: ORGANIZATION, key: callId, fingerprint } as const,
    organizationId: ORGANIZATION,
    callId,
  };
  if (action.verb === 'record') {
    const { durationMs } = action;
    return { verb: 'record', ...common, durationMs, evidence: 3, legs: callLegs(body) };
  }
  const { maxDurationMs, capFloorMs, hasProvider, unbilled } = body;
  return {
    verb: 'authorize',
    ...common,
    kind: 'call',
    hasProvider,
    ttlMs: 0,
    maxDurationMs,
    capFloorMs,
    policy: pick(POLICY_LIST, body.policy),
    unbilled,
    legs: callLegs(body).map((leg) => ({ ...leg, amountMicros: 0 })),
  };
}

function ending(
  action: Extract<Action, { readonly verb: 'capture' | 'settle' | 'void' | 'expire' }>,
): Command {
  const ref = hold(action.hold);
  switch (action.verb) {
    case 'expire':
      return { verb: 'expire', ...ref };
    case 'void':
      return { verb: 'void', ...ref, ...keyed(action) };
    default: {
      const { verb, durationMs, amount, evidence } = action;
      const keys = verb === 'capture' ? keyed(action) : {};
      return { verb, ...ref, durationMs, amountMicros: amount, evidence, ...keys };
    }
  }
}

/** Half of the ends come under a key of their own, the others by the hold alone. */
function keyed(action: Extract<Action, { readonly verb: 'capture' | 'settle' | 'void' }>) {
  return action.key % 2 === 0 ? { request: explicit(action, `${action.hold} ${action.key}`) } : {};
}

function money(
  action: Extract<
    Action,
    { readonly verb: 'charge' | 'credit' | 'refund' | 'transfer' | 'configure' }
  >,
  world: ModelState,
): Command {
  const common = { partition, organizationId: ORGANIZATION };
  if (action.verb === 'configure') {
    const { changes } = action;
    return { verb: 'configure', ...common, walletId: walletId(action.wallet), changes };
  }
  const amountMicros = action.amount;
  const request = explicit(action, action.key);
  switch (action.verb) {
    case 'charge': {
      const { overdraft, unbilled } = action;
      const legs = action.wallets.map((wallet, i) => ({
        walletId: walletId(wallet),
        role: `leg-${i}`,
        amountMicros,
      }));
      return { verb: 'charge', ...common, request, overdraft, unbilled, legs };
    }
    case 'credit': {
      const { kind } = action;
      const negative = kind === 'dispute' || (kind === 'adjustment' && action.key % 2 === 0);
      const natural: RequestKey = { ...request, kind: 'payment_intent', key: `pi_${action.key}` };
      return {
        verb: 'credit',
        ...common,
        request: kind === 'deposit' ? natural : request,
        walletId: walletId(action.wallet),
        kind,
        amountMicros: negative ? 0 - amountMicros : amountMicros,
      };
    }
    case 'refund': {
      const { walletId: owner, refunds } = taken(world, action.entry);
      const refund = { kind: 'refund', amountMicros, refunds, memo: { refunds } } as const;
      return { verb: 'credit', ...common, request, walletId: owner, ...refund };
    }
    case 'transfer':
      return {
        verb: 'transfer',
        ...common,
        request,
        fromWalletId: walletId(action.from),
        toWalletId: walletId(action.to),
        amountMicros,
      };
  }
}

/** Whether there is anything to refund yet: only what the ledger has can be. */
export function hasRefundable(world: ModelState): boolean {
  return world.journal.slice(0, world.ledger.committed).some((entry) => entry.rows.length > 0);
}

function taken(world: ModelState, index: number) {
  const rows = world.journal.slice(0, world.ledger.committed).flatMap((entry) =>
    entry.rows.map((row, i) => {
      return { walletId: row.walletId, refunds: entryId(entry.mutationId, i) };
    }),
  );
  return pick(rows, index);
}

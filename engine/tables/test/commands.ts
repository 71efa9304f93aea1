// Short forms of the commands that table rows are made of.

import { NO_POLICY } from '../../authorize.ts';
import { callHoldId } from '../../ids.ts';
import type { CommandOf } from '../../model/command.ts';
import type { CreditKind } from '../../money-verbs.ts';
import { FREE, type Price } from '../../price.ts';
import type { RequestKey } from '../../request-key.ts';
import { PARTITION, PER_SECOND, POLICY } from '../../test/world.ts';

const organizationId = 'org_tables';
const partition = PARTITION;

/** A call that may start with a second paid and is kept five seconds ahead. */
export const SHORT = { ...POLICY, minimumMs: 1_000, quantumMs: 5_000, warnMs: 0, leadMs: 1_000 };

export function key(name: string, fingerprint = 'body', kind: RequestKey['kind'] = 'request') {
  return { kind, scope: organizationId, key: name, fingerprint };
}

export function ref(name: string) {
  return { partition, holdId: callHoldId(organizationId, name) };
}

type Legs = Readonly<Record<string, Price>>;

/** A call on wallets with their prices; the first is the client's. */
export function call(
  name: string,
  legs: Legs = { client: PER_SECOND },
  more: Partial<CommandOf<'authorize'>> = {},
): CommandOf<'authorize'> {
  return {
    verb: 'authorize',
    ...ref(name),
    request: key(name, JSON.stringify(legs), 'call'),
    organizationId,
    kind: 'call',
    callId: name,
    hasProvider: false,
    ttlMs: 0,
    maxDurationMs: 3_600_000,
    capFloorMs: 0,
    policy: POLICY,
    unbilled: false,
    legs: Object.entries(legs).map(([walletId, price], i) => {
      return { walletId, role: i === 0 ? 'client' : 'agency', amountMicros: 0, price };
    }),
    ...more,
  };
}

export function reserve(
  name: string,
  amountMicros: number,
  more: Partial<CommandOf<'authorize'>> = {},
): CommandOf<'authorize'> {
  const leg = { walletId: 'client', role: 'client', amountMicros, price: FREE };
  return {
    ...call(name),
    kind: 'amount',
    callId: '',
    request: key(`reserve ${name}`, `${amountMicros}`),
    policy: NO_POLICY,
    maxDurationMs: 0,
    legs: [leg],
    ...more,
  };
}

export const start = (name: string, startedAtMs = 0): CommandOf<'start'> => ({
  verb: 'start',
  ...ref(name),
  startedAtMs,
});

export const check = (name: string, elapsedMs = 0, proofOfLife = true): CommandOf<'check'> => ({
  verb: 'check',
  ...ref(name),
  elapsedMs,
  proofOfLife,
});

export const extend = (name: string, amountMicros: number, id = name): CommandOf<'extend'> => ({
  verb: 'extend',
  ...ref(name),
  amountMicros,
  request: key(`extend ${id}`, `${amountMicros}`),
});

/** Ends a call after `used` ms, or an amount hold with `used` micros. */
export const capture = (
  name: string,
  used: number,
  more: Partial<CommandOf<'capture'>> = {},
): CommandOf<'capture'> => ({
  verb: 'capture',
  ...ref(name),
  durationMs: used,
  amountMicros: used,
  evidence: 2,
  ...more,
});

export const settle = (name: string, used: number, evidence: 2 | 3 | 4): CommandOf<'settle'> => ({
  verb: 'settle',
  ...ref(name),
  durationMs: used,
  amountMicros: used,
  evidence,
});

export const voided = (name: string, request?: RequestKey): CommandOf<'void'> => ({
  verb: 'void',
  ...ref(name),
  ...(request ? { request } : {}),
});

export const expire = (name: string, hasProvider?: boolean): CommandOf<'expire'> => ({
  verb: 'expire',
  ...ref(name),
  ...(hasProvider === undefined ? {} : { hasProvider }),
});

export const record = (
  name: string,
  durationMs: number,
  legs: Legs = { client: PER_SECOND },
): CommandOf<'record'> => {
  const { request, callId, legs: all } = call(name, legs);
  const rest = { request, callId, legs: all };
  return { verb: 'record', ...ref(name), organizationId, ...rest, durationMs, evidence: 3 };
};

/** A charge of the same amount on each wallet; an asset if `overdraft` is false. */
export const charge = (
  amountMicros: number,
  wallets: readonly string[] = ['client'],
  more: Partial<CommandOf<'charge'>> = {},
): CommandOf<'charge'> => ({
  verb: 'charge',
  partition,
  organizationId,
  request: key('charge', `${amountMicros}`),
  overdraft: true,
  unbilled: false,
  legs: wallets.map((walletId) => ({ walletId, role: walletId, amountMicros })),
  ...more,
});

export const credit = (
  kind: CreditKind,
  amountMicros: number,
  more: Partial<CommandOf<'credit'>> = {},
): CommandOf<'credit'> => ({
  verb: 'credit',
  partition,
  organizationId,
  request: key('credit', `${kind} ${amountMicros}`),
  walletId: 'client',
  kind,
  amountMicros,
  ...more,
});

export const transfer = (
  amountMicros: number,
  more: Partial<CommandOf<'transfer'>> = {},
): CommandOf<'transfer'> => ({
  verb: 'transfer',
  partition,
  organizationId,
  request: key('transfer', `${amountMicros}`),
  fromWalletId: 'client',
  toWalletId: 'other',
  amountMicros,
  ...more,
});

export const configure = (
  changes: CommandOf<'configure'>['changes'],
  walletId = 'client',
): CommandOf<'configure'> => ({ verb: 'configure', partition, organizationId, walletId, changes });

export const due = (limit = 10, leaseMs = 1_000): CommandOf<'due'> => ({
  verb: 'due',
  partition,
  limit,
  leaseMs,
});

export const finals = (walletId = 'client', limit = 10): CommandOf<'finals'> => ({
  verb: 'finals',
  partition,
  walletId,
  limit,
});

export const unload = (ledgerSequence: number, walletId = 'client'): CommandOf<'unload'> => ({
  verb: 'unload',
  partition,
  walletId,
  ledgerSequence,
});

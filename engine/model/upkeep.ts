// The model of due and finals (the enforcer's questions), and of load and unload.

import type { Answer, Rule } from './answer.ts';
import type { CommandOf } from './command.ts';

/** Members in a sorted set's order: by score, then by name. */
function inOrder(set: ReadonlyMap<string, number>): [string, number][] {
  return [...set].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : a > b ? 1 : 0));
}

export const due: Rule<CommandOf<'due'>> = (draft, { limit, leaseMs }): Answer => {
  const { nowMs } = draft.partition;
  const ready = inOrder(draft.due).filter(([, at]) => at <= nowMs);
  const members = ready.slice(0, limit).map(([member]) => member);
  for (const member of members) draft.due.set(member, nowMs + leaseMs);
  const nextMs = inOrder(draft.due)[0]?.[1] ?? -1;
  return { status: 'members', nowMs, nextMs, members };
};

export const finals: Rule<CommandOf<'finals'>> = (draft, { walletId, limit }): Answer => {
  draft.due.delete(walletId);
  const all = inOrder(draft.finals.get(walletId) ?? new Map());
  return { status: 'members', members: all.slice(0, limit).map(([member]) => member) };
};

export const load: Rule<CommandOf<'load'>> = (draft, { walletId, wallet, loadEpoch }): Answer => {
  if (draft.wallets.has(walletId)) return { status: 'present' };
  if (draft.partition.loadEpoch !== loadEpoch) return { status: 'stale' };
  draft.wallets.set(walletId, wallet);
  return { status: 'loaded' };
};

export const unload: Rule<CommandOf<'unload'>> = (draft, { walletId, ledgerSequence }): Answer => {
  const wallet = draft.wallets.get(walletId);
  if (!wallet) return { status: 'absent' };
  const { sequence, heldMicros, liveCalls } = wallet;
  if (sequence !== ledgerSequence || heldMicros !== 0 || liveCalls !== 0) return { status: 'busy' };
  draft.wallets.delete(walletId);
  draft.partition = { ...draft.partition, loadEpoch: draft.partition.loadEpoch + 1 };
  return { status: 'unloaded' };
};

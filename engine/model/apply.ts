// The oracle: what one script does, as a pure function of the world and the command. Written from the
// design, not from the Lua; where the two differ, one of them is wrong.

import type { Answer, Applied, Rule } from './answer.ts';
import { authorize } from './authorize.ts';
import type { Command, CommandOf, Verb } from './command.ts';
import { extend, record, settle } from './corrections.ts';
import { capture, expire, voidHold } from './ends.ts';
import { check, start } from './live.ts';
import { charge, configure, credit, transfer } from './money-verbs.ts';
import { type Draft, draftOf, type ModelState } from './state.ts';
import { due, finals, load, unload } from './upkeep.ts';

const RULES: { readonly [V in Verb]: Rule<CommandOf<V>> } = {
  authorize,
  start,
  check,
  extend,
  capture,
  void: voidHold,
  expire,
  settle,
  record,
  charge,
  credit,
  transfer,
  configure,
  due,
  finals,
  load,
  unload,
};

/**
 * Applies one command as its script would.
 * @param checked the ledger has been asked about the command's key and did not know it
 */
export function apply(state: ModelState, command: Command, checked = false): Applied {
  if (!state.partition.open) return { state, answer: { status: 'recovering', replayed: false } };
  const draft = draftOf(state);
  const { partition } = draft;
  draft.partition = { ...partition, nowMs: Math.max(partition.nowMs, partition.testNowMs) };
  const answer = decide(draft, command, checked);
  const entry = draft.journal[state.journal.length];
  // The clock that later scripts must not fall behind is the one that a write was made at.
  const wrote = entry !== undefined || draft.partition.loadEpoch !== partition.loadEpoch;
  if (!wrote) draft.partition = { ...draft.partition, nowMs: partition.nowMs };
  return { state: draft, answer, ...(entry ? { entry } : {}) };
}

function decide<V extends Verb>(draft: Draft, command: CommandOf<V>, checked: boolean): Answer {
  const rule = RULES[command.verb as V];
  return rule(draft, command, checked);
}

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface AdvanceKeys {
  readonly partition: string;
  readonly journal: string;
  readonly committed: string;
}

export interface AdvanceArgs {
  readonly epoch: number;
  readonly cursor: string;
}

export type AdvanceReply =
  | { readonly status: 'stale' }
  | { readonly status: 'advanced' };

function readAdvanceReply(reply: readonly Buffer[]): AdvanceReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'advanced':
      return { status };
    default:
      throw unknownReply('advance', status);
  }
}

/** moves a journal past the ledger's cursor, and notes how far the ledger has it. Atomic because a stream that lost its tail must not give out an id that the cursor has passed. */
export const advanceScript: Script<AdvanceKeys, AdvanceArgs, AdvanceReply> = {
  name: 'advance',
  sha: '5f80a50346a5fe2f38499f20e5905a1b172aabe6',
  keys: (k) => [k.partition, k.journal, k.committed],
  args: (a) => [a.epoch, a.cursor],
  reply: readAdvanceReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local function stream_before(a, b)
  local a_ms, a_n = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_n = string.match(b, '^(%d+)-(%d+)$')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return tonumber(a_n) <= tonumber(b_n)
end
local keys = { partition = KEYS[1], journal = KEYS[2], committed = KEYS[3] }
local args = { epoch = tonumber(ARGV[1]), cursor = ARGV[2] }
local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch or partition[P_OPEN] == 1 then
  return { 'stale' }
end
local nowhere = args.cursor == '0-0'
if not nowhere and redis.call('EXISTS', keys.journal) == 0 then
  redis.call('XADD', keys.journal, args.cursor, 'e', '')
  redis.call('XDEL', keys.journal, args.cursor)
elseif not nowhere then
  local info = redis.call('XINFO', 'STREAM', keys.journal)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' and stream_before(info[i + 1], args.cursor) then
      redis.call('XSETID', keys.journal, args.cursor)
    end
  end
end
redis.call('SET', keys.committed, args.cursor)
return { 'advanced' }
`,
};

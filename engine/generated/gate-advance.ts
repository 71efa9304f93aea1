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
  sha: 'c11e8d78af7743416813f78b46408d804e4881ae',
  keys: (k) => [k.partition, k.journal, k.committed],
  args: (a) => [a.epoch, a.cursor],
  reply: readAdvanceReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local function stream_before(a, b)
  local a_ms, a_n = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_n = string.match(b, '^(%d+)-(%d+)$')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return tonumber(a_n) <= tonumber(b_n)
end
local packed = redis.call('GET', KEYS[1])
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[2] ~= (ARGV[1] + 0) or partition[1] == 1 then
  return { 'stale' }
end
local nowhere = ARGV[2] == '0-0'
if not nowhere and redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('XADD', KEYS[2], ARGV[2], 'e', '')
  redis.call('XDEL', KEYS[2], ARGV[2])
elseif not nowhere then
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' and stream_before(info[i + 1], ARGV[2]) then
      redis.call('XSETID', KEYS[2], ARGV[2])
    end
  end
end
redis.call('SET', KEYS[3], ARGV[2])
return { 'advanced' }
`,
};

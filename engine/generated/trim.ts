// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface TrimKeys {
  readonly partition: string;
  readonly journal: string;
  readonly committed: string;
  readonly records: readonly { readonly record: string }[];
}

export interface TrimArgs {
  readonly beforeId: string;
  readonly ttlMs: number;
}

export type TrimReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'not_committed' }
  | { readonly status: 'trimmed'; readonly count: number };

function readTrimReply(reply: readonly Buffer[]): TrimReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'not_committed':
      return { status };
    case 'trimmed':
      return { status, count: integerOf(values, 1) };
    default:
      throw unknownReply('trim', status);
  }
}

/** forgets journal entries that are committed and old, and lets what they made expire. Atomic because a record may expire only once its entry is in Postgres, and the entry may go only once its records can expire. */
export const trimScript: Script<TrimKeys, TrimArgs, TrimReply> = {
  name: 'trim',
  sha: '3973e24be5ce22c47a770f1d5b383d243db23807',
  keys: (k) => [k.partition, k.journal, k.committed, ...k.records.flatMap((g) => [g.record])],
  args: (a) => [a.beforeId, a.ttlMs],
  reply: readTrimReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local function stream_before(a, b)
  local a_ms, a_n = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_n = string.match(b, '^(%d+)-(%d+)$')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return tonumber(a_n) <= tonumber(b_n)
end
local open_partition_1
repeat
  local packed = redis.call('GET', KEYS[1])
  if not packed then open_partition_1 = nil break end
  local partition = ({ select(2, cmsgpack.unpack_limit(packed, 15, 1)) })
  if partition[1] ~= 1 then open_partition_1 = nil break end
  local now = partition[7]
  if now == 0 then
    local time = redis.call('TIME')
    now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
    local shift, trust = partition[8] or 0, partition[9] or 0
    if trust > 0 and now > trust then
      now = trust
      partition[5] = (partition[5] > (now + shift + 1) and partition[5] or (now + shift + 1))
    end
    now = now + shift
  end
  if now > partition[3] then
    partition[3] = now
    clock_moved = true
  end
  open_partition_1 = partition
until true
local partition = open_partition_1
if not partition then return { 'recovering' } end
if not stream_before(ARGV[1], redis.call('GET', KEYS[3]) or '0-0') then
  return { 'not_committed' }
end
for i = 1, ((#KEYS - 3) / 1) do
  redis.call('PEXPIRE', KEYS[i + 3], (ARGV[2] + 0), 'NX')
end
local count = redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1])
return { 'trimmed', (string.format('%d', count)) }
`,
};

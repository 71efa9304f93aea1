// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface DueKeys {
  readonly partition: string;
  readonly due: string;
}

export interface DueArgs {
  readonly limit: number;
  readonly leaseMs: number;
}

export type DueReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'members'; readonly nowMs: number; readonly nextMs: number; readonly members: readonly Buffer[] };

function readDueReply(reply: readonly Buffer[]): DueReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'members':
      return { status, nowMs: integerOf(values, 1), nextMs: integerOf(values, 2), members: values.slice(3) };
    default:
      throw unknownReply('due', status);
  }
}

/** leases the holds and wallets of a partition whose moment has come. Atomic because two enforcers must not both take one. */
export const dueScript: Script<DueKeys, DueArgs, DueReply> = {
  name: 'due',
  sha: '692d82137115d5f110882b874aae180898522ee1',
  keys: (k) => [k.partition, k.due],
  args: (a) => [a.limit, a.leaseMs],
  reply: readDueReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
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
local now = partition[3]
local members = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', (string.format('%d', now)), 'LIMIT', 0, (ARGV[1] + 0))
for at = 1, #members do local member = members[at]
  redis.call('ZADD', KEYS[2], (string.format('%d', (now + (ARGV[2] + 0)))), member)
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local reply = { 'members', (string.format('%d', now)), first[2] and (string.format('%d', (tonumber(first[2])))) or '-1' }
for at = 1, #members do local member = members[at] reply[#reply + 1] = member end
return reply
`,
};

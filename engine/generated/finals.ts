// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface FinalsKeys {
  readonly partition: string;
  readonly due: string;
  readonly final: string;
}

export interface FinalsArgs {
  readonly walletId: string;
  readonly limit: number;
}

export type FinalsReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'members'; readonly members: readonly Buffer[] };

function readFinalsReply(reply: readonly Buffer[]): FinalsReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'members':
      return { status, members: values.slice(1) };
    default:
      throw unknownReply('finals', status);
  }
}

/** the final calls of a wallet, smallest covered time first, and the wallet leaves the due set. Atomic because a wallet woken after this read must be due again. */
export const finalsScript: Script<FinalsKeys, FinalsArgs, FinalsReply> = {
  name: 'finals',
  sha: '4b6f1c806ceb8545ea6dc92cc96e5e950361cb9e',
  keys: (k) => [k.partition, k.due, k.final],
  args: (a) => [a.walletId, a.limit],
  reply: readFinalsReply,
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
redis.call('ZREM', KEYS[2], ARGV[1])
local reply = { 'members' }
for _, member in ipairs(redis.call('ZRANGE', KEYS[3], 0, (ARGV[2] + 0) - 1)) do
  reply[#reply + 1] = member
end
return reply
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ReadKeys {
  readonly partition: string;
  readonly targets: readonly { readonly target: string }[];
}

export type ReadArgs = Record<string, never>;

export type ReadReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'values'; readonly loadEpoch: number; readonly nowMs: number; readonly values: readonly Buffer[] };

function readReadReply(reply: readonly Buffer[]): ReadReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'values':
      return { status, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), values: values.slice(3) };
    default:
      throw unknownReply('read', status);
  }
}

/** the packed values of wallets or holds as they are now, behind the fence. Atomic because the values of one answer belong to one moment. */
export const readScript: Script<ReadKeys, ReadArgs, ReadReply> = {
  name: 'read',
  sha: 'c5e9492eb9cd7870bcb44521eb99a18a9e96a60f',
  keys: (k) => [k.partition, ...k.targets.flatMap((g) => [g.target])],
  args: () => [],
  reply: readReadReply,
  source: `local KEYS = KEYS
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
local reply = { 'values', (string.format('%d', partition[6])), (string.format('%d', partition[3])) }
for i = 1, ((#KEYS - 1) / 1) do
  reply[#reply + 1] = redis.call('GET', KEYS[i + 1]) or ''
end
return reply
`,
};

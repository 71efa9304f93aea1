// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface UnloadKeys {
  readonly partition: string;
  readonly wallet: string;
}

export interface UnloadArgs {
  readonly ledgerSequence: number;
}

export type UnloadReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'absent' }
  | { readonly status: 'busy' }
  | { readonly status: 'unloaded' };

function readUnloadReply(reply: readonly Buffer[]): UnloadReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'absent':
      return { status };
    case 'busy':
      return { status };
    case 'unloaded':
      return { status };
    default:
      throw unknownReply('unload', status);
  }
}

/** forgets a wallet that the ledger knows whole and that nothing is held on. Atomic because a mutation between the check and the delete would be lost. */
export const unloadScript: Script<UnloadKeys, UnloadArgs, UnloadReply> = {
  name: 'unload',
  sha: '05e78e105a72b9e2aecf7a514868b088a7479729',
  keys: (k) => [k.partition, k.wallet],
  args: (a) => [a.ledgerSequence],
  reply: readUnloadReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local FOUND = redis.call('MGET', KEYS[1], KEYS[2])
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local packed_of = {}
local open_partition_1
repeat
  local packed = FOUND[1]
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
local wallet = (FOUND[2] and ({ select(2, cmsgpack.unpack_limit(FOUND[2], 15, 1)) }) or nil)
if not wallet then return { 'absent' } end
if wallet[5] ~= (ARGV[1] + 0) or wallet[2] ~= 0 or wallet[7] ~= 0 then
  return { 'busy' }
end
partition[6] = partition[6] + 1
redis.call('SET', KEYS[1], cmsgpack.pack(partition))
redis.call('DEL', KEYS[2])
return { 'unloaded' }
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface LoadKeys {
  readonly partition: string;
  readonly target: string;
}

export interface LoadArgs {
  readonly packed: string | Buffer;
  readonly loadEpoch: number;
}

export type LoadReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'stale' }
  | { readonly status: 'present' }
  | { readonly status: 'loaded' };

function readLoadReply(reply: readonly Buffer[]): LoadReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'stale':
      return { status };
    case 'present':
      return { status };
    case 'loaded':
      return { status };
    default:
      throw unknownReply('load', status);
  }
}

/** brings a wallet or a closed or open hold from Postgres, only if Redis does not hold it. Atomic because a load that raced with an unload or another load must not overwrite newer state. */
export const loadScript: Script<LoadKeys, LoadArgs, LoadReply> = {
  name: 'load',
  sha: '2ffa38f6efb844add9d79042538faabd248a05f5',
  keys: (k) => [k.partition, k.target],
  args: (a) => [a.packed, a.loadEpoch],
  reply: readLoadReply,
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
if redis.call('EXISTS', KEYS[2]) == 1 then return { 'present' } end
if partition[6] ~= (ARGV[2] + 0) then return { 'stale' } end
redis.call('SET', KEYS[2], ARGV[1])
return { 'loaded' }
`,
};

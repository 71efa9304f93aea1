// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ClearKeys {
  readonly partition: string;
  readonly items: readonly { readonly target: string }[];
}

export interface ClearArgs {
  readonly epoch: number;
  readonly checkUntilMs: number;
}

export type ClearReply =
  | { readonly status: 'stale' }
  | { readonly status: 'cleared' };

function readClearReply(reply: readonly Buffer[]): ClearReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'cleared':
      return { status };
    default:
      throw unknownReply('clear', status);
  }
}

/** takes keys away from a partition that is rebuilt from the ledger, while its fence is shut. Atomic because what is forgotten and the duty to ask the ledger about it must come together. */
export const clearScript: Script<ClearKeys, ClearArgs, ClearReply> = {
  name: 'clear',
  sha: '1181b7d5631d0943cdac4231c67881b55c97440b',
  keys: (k) => [k.partition, ...k.items.flatMap((g) => [g.target])],
  args: (a) => [a.epoch, a.checkUntilMs],
  reply: readClearReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local packed = redis.call('GET', KEYS[1])
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[2] ~= (ARGV[1] + 0) or partition[1] == 1 then
  return { 'stale' }
end
partition[5] = (partition[5] > (ARGV[2] + 0) and partition[5] or (ARGV[2] + 0))
redis.call('SET', KEYS[1], cmsgpack.pack(partition))
for i = 1, ((#KEYS - 1) / 1) do redis.call('DEL', KEYS[i + 1]) end
return { 'cleared' }
`,
};

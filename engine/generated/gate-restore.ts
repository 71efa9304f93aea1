// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface RestoreKeys {
  readonly partition: string;
  readonly due: string;
  readonly items: readonly { readonly target: string; readonly final: string }[];
}

export interface RestoreArgs {
  readonly epoch: number;
  readonly items: readonly {
    readonly id: string;
    readonly packed: string | Buffer;
    readonly dueMs: number;
    readonly finalMs: number;
  }[];
}

export type RestoreReply =
  | { readonly status: 'stale' }
  | { readonly status: 'restored' };

function readRestoreReply(reply: readonly Buffer[]): RestoreReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'restored':
      return { status };
    default:
      throw unknownReply('restore', status);
  }
}

/** puts wallets and holds from Postgres over what Redis has, while the fence is shut. Atomic because a recovery that lost its lock must not write after another one opened the fence. */
export const restoreScript: Script<RestoreKeys, RestoreArgs, RestoreReply> = {
  name: 'restore',
  sha: '2db48f5d6f799042a70512e54beffd28641f30d1',
  keys: (k) => [k.partition, k.due, ...k.items.flatMap((g) => [g.target, g.final])],
  args: (a) => [a.epoch, ...a.items.flatMap((g) => [g.id, g.packed, g.dueMs, g.finalMs])],
  reply: readRestoreReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local packed = redis.call('GET', KEYS[1])
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[2] ~= (ARGV[1] + 0) or partition[1] == 1 then
  return { 'stale' }
end
for i = 1, ((#ARGV - 1) / 4) do
  if ARGV[i * 4 + -1] ~= '' then redis.call('SET', KEYS[i * 2 + 1], ARGV[i * 4 + -1]) end
  if (ARGV[i * 4] + 0) >= 0 then
    redis.call('ZADD', KEYS[2], string.format('%d', (ARGV[i * 4] + 0)), ARGV[i * 4 + -2])
  else
    redis.call('ZREM', KEYS[2], ARGV[i * 4 + -2])
  end
  if (ARGV[i * 4 + 1] + 0) >= 0 then
    redis.call('ZADD', KEYS[i * 2 + 2], string.format('%d', (ARGV[i * 4 + 1] + 0)), ARGV[i * 4 + -2])
  else
    redis.call('ZREM', KEYS[i * 2 + 2], ARGV[i * 4 + -2])
  end
end
return { 'restored' }
`,
};

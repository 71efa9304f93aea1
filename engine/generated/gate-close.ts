// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface CloseKeys {
  readonly partition: string;
}

export interface CloseArgs {
  readonly epoch: number;
}

export type CloseReply =
  | { readonly status: 'stale' }
  | { readonly status: 'closed' };

function readCloseReply(reply: readonly Buffer[]): CloseReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'closed':
      return { status };
    default:
      throw unknownReply('close', status);
  }
}

/** shuts a partition's fence for a recovery and raises its epoch. Atomic because an operation sees the fence either open with the old state or shut. */
export const closeScript: Script<CloseKeys, CloseArgs, CloseReply> = {
  name: 'close',
  sha: 'a8e0173529cb676150016c8442741ba80c06416e',
  keys: (k) => [k.partition],
  args: (a) => [a.epoch],
  reply: readCloseReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local packed = redis.call('GET', KEYS[1])
local partition = packed and cmsgpack.unpack(packed) or { 0, 0, 0, 0, 0, 0, 0, 0, 0 }
if partition[2] > (ARGV[1] + 0) then return { 'stale' } end
partition[1] = 0
partition[2] = (ARGV[1] + 0)
redis.call('SET', KEYS[1], cmsgpack.pack(partition))
return { 'closed' }
`,
};

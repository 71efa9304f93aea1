// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ShutKeys {
  readonly partition: string;
}

export type ShutArgs = Record<string, never>;

export type ShutReply =
  | { readonly status: 'absent' }
  | { readonly status: 'shut' };

function readShutReply(reply: readonly Buffer[]): ShutReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'absent':
      return { status };
    case 'shut':
      return { status };
    default:
      throw unknownReply('shut', status);
  }
}

/** shuts a partition's fence and keeps its clock and epoch, before any script is loaded. Atomic because no operation may run between a restart and its partition's recovery. */
export const shutScript: Script<ShutKeys, ShutArgs, ShutReply> = {
  name: 'shut',
  sha: '57a84785a0795f97c57adf38707d962ea4010f8b',
  keys: (k) => [k.partition],
  args: () => [],
  reply: readShutReply,
  source: `#!lua flags=allow-oom
local KEYS = KEYS
local packed = redis.call('GET', KEYS[1])
if not packed then return { 'absent' } end
local partition = cmsgpack.unpack(packed)
partition[1] = 0
redis.call('SET', KEYS[1], cmsgpack.pack(partition))
return { 'shut' }
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface OpenKeys {
  readonly partition: string;
  readonly master: string;
}

export interface OpenArgs {
  readonly epoch: number;
  readonly masterId: string;
  readonly nowMs: number;
  readonly hotRecordsMs: number;
  readonly rebuilt: boolean;
  readonly testNowMs: number;
  readonly shiftMs: number;
  readonly trustedUntilMs: number;
}

export type OpenReply =
  | { readonly status: 'stale' }
  | { readonly status: 'opened' };

function readOpenReply(reply: readonly Buffer[]): OpenReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'opened':
      return { status };
    default:
      throw unknownReply('open', status);
  }
}

/** opens a partition's fence after its recovery, and records on which master it was recovered. Atomic because only the recovery that shut the fence may open it, and nobody may see it open unrecorded. */
export const openScript: Script<OpenKeys, OpenArgs, OpenReply> = {
  name: 'open',
  sha: 'b5ef386a25e28bd14eb1dff2c1eaad43344ef973',
  keys: (k) => [k.partition, k.master],
  args: (a) => [a.epoch, a.masterId, a.nowMs, a.hotRecordsMs, a.rebuilt ? 1 : 0, a.testNowMs, a.shiftMs, a.trustedUntilMs],
  reply: readOpenReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local packed = redis.call('GET', KEYS[1])
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[2] ~= (ARGV[1] + 0) then return { 'stale' } end
partition[1] = 1
partition[3] = (partition[3] > (ARGV[3] + 0) and partition[3] or (ARGV[3] + 0))
if partition[4] == 0 then partition[4] = (ARGV[3] + 0) + (ARGV[4] + 0) end
if (ARGV[5] + 0) == 1 then partition[5] = (ARGV[3] + 0) + (ARGV[4] + 0) end
partition[6] = ((partition[6] + 1) > ((ARGV[1] + 0) * 4294967296) and (partition[6] + 1) or ((ARGV[1] + 0) * 4294967296))
partition[7] = (ARGV[6] + 0)
partition[8] = (ARGV[7] + 0)
partition[9] = (ARGV[8] + 0)
redis.call('SET', KEYS[1], cmsgpack.pack(partition))
redis.call('SET', KEYS[2], ARGV[2])
return { 'opened' }
`,
};

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
  sha: 'd409dcc8d79ff77551088392b5e51c0313b5c2b3',
  keys: (k) => [k.partition],
  args: () => [],
  reply: readShutReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local keys = { partition = KEYS[1] }
local args = {  }
local packed = redis.call('GET', keys.partition)
if not packed then return { 'absent' } end
local partition = cmsgpack.unpack(packed)
partition[P_OPEN] = 0
redis.call('SET', keys.partition, cmsgpack.pack(partition))
return { 'shut' }
`,
};

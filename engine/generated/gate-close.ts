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
  sha: 'bdbc65fc87d5b66d1916dac6f27eda6112881e6b',
  keys: (k) => [k.partition],
  args: (a) => [a.epoch],
  reply: readCloseReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local keys = { partition = KEYS[1] }
local args = { epoch = tonumber(ARGV[1]) }
local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed) or { 0, 0, 0, 0, 0, 0, 0 }
if partition[P_EPOCH] > args.epoch then return { 'stale' } end
partition[P_OPEN] = 0
partition[P_EPOCH] = args.epoch
redis.call('SET', keys.partition, cmsgpack.pack(partition))
return { 'closed' }
`,
};

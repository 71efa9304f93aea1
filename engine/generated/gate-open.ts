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
  sha: 'a1781e3aec3a9d39bac06448cefb179d0a0b4f59',
  keys: (k) => [k.partition, k.master],
  args: (a) => [a.epoch, a.masterId, a.nowMs, a.hotRecordsMs, a.rebuilt ? 1 : 0, a.testNowMs],
  reply: readOpenReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local keys = { partition = KEYS[1], master = KEYS[2] }
local args = { epoch = tonumber(ARGV[1]), master_id = ARGV[2], now_ms = tonumber(ARGV[3]), hot_records_ms = tonumber(ARGV[4]), rebuilt = tonumber(ARGV[5]), test_now_ms = tonumber(ARGV[6]) }
local LOADS_PER_EPOCH = 4294967296
local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch then return { 'stale' } end
partition[P_OPEN] = 1
partition[P_NOW] = math.max(partition[P_NOW], args.now_ms)
if partition[P_FORGETS] == 0 then partition[P_FORGETS] = args.now_ms + args.hot_records_ms end
if args.rebuilt == 1 then partition[P_CHECK_UNTIL] = args.now_ms + args.hot_records_ms end
partition[P_LOAD_EPOCH] = math.max(partition[P_LOAD_EPOCH] + 1, args.epoch * LOADS_PER_EPOCH)
partition[P_TEST_NOW] = args.test_now_ms
redis.call('SET', keys.partition, cmsgpack.pack(partition))
redis.call('SET', keys.master, args.master_id)
return { 'opened' }
`,
};

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
  sha: '99a24789c7660eee81b4038c43a54cd9c106175f',
  keys: (k) => [k.partition, k.target],
  args: (a) => [a.packed, a.loadEpoch],
  reply: readLoadReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local MONEY_MAX = 9007199254740991
local function text(number)
  return string.format('%d', number)
end
local function in_range(number)
  return number <= MONEY_MAX and number >= -MONEY_MAX
end
local function open_partition(partition_key)
  local packed = redis.call('GET', partition_key)
  if not packed then return nil end
  local partition = cmsgpack.unpack(packed)
  if partition[P_OPEN] ~= 1 then return nil end
  local now = partition[P_TEST_NOW]
  if now == 0 then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  if now > partition[P_NOW] then partition[P_NOW] = now end
  return partition
end
local function not_loaded(partition, wallet_ids)
  return { 'wallet_not_loaded', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]),
    unpack(wallet_ids) }
end
local function save_partition(partition_key, partition)
  redis.call('SET', partition_key, cmsgpack.pack(partition))
end
local keys = { partition = KEYS[1], target = KEYS[2] }
local args = { packed = ARGV[1], load_epoch = tonumber(ARGV[2]) }
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
if redis.call('EXISTS', keys.target) == 1 then return { 'present' } end
if partition[P_LOAD_EPOCH] ~= args.load_epoch then return { 'stale' } end
redis.call('SET', keys.target, args.packed)
return { 'loaded' }
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface UnloadKeys {
  readonly partition: string;
  readonly wallet: string;
}

export interface UnloadArgs {
  readonly ledgerSequence: number;
}

export type UnloadReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'absent' }
  | { readonly status: 'busy' }
  | { readonly status: 'unloaded' };

function readUnloadReply(reply: readonly Buffer[]): UnloadReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'absent':
      return { status };
    case 'busy':
      return { status };
    case 'unloaded':
      return { status };
    default:
      throw unknownReply('unload', status);
  }
}

/** forgets a wallet that the ledger knows whole and that nothing is held on. Atomic because a mutation between the check and the delete would be lost. */
export const unloadScript: Script<UnloadKeys, UnloadArgs, UnloadReply> = {
  name: 'unload',
  sha: '9a84fec0ff9e9e6b8afb43e45e5ee3d044b5daff',
  keys: (k) => [k.partition, k.wallet],
  args: (a) => [a.ledgerSequence],
  reply: readUnloadReply,
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
local W_POSTED = 1 -- postedMicros: micros; what the ledger says the wallet holds
local W_HELD = 2 -- heldMicros: micros; the sum of its open holds, >= 0
local W_CREDIT = 3 -- creditLimitMicros: micros; how far below 0 it may go, >= 0
local W_CUTOFF = 4 -- cutoffThresholdMicros: micros; the reserve under which calls stop, >= 0
local W_SEQUENCE = 5 -- sequence: integer; mutations of this wallet so far, contiguous
local W_FROZEN = 6 -- frozen: flag; an operator froze it: no new holds and charges
local W_LIVE = 7 -- liveCalls: integer; open call holds
local W_MAX_LIVE = 8 -- maxLiveCalls: integer; cap on liveCalls, 0 = none
local W_LOW = 9 -- lowBalanceThresholdMicros: micros; level LOW at or under this, 0 = none
local W_FINALS = 10 -- finalCalls: integer; open call holds that money ran short for
local W_CHECK_UNTIL = 11 -- checkLedgerUntilMs: integer; until then unknown keys are looked up in the ledger
local W_UPDATED = 12 -- updatedAtMs: integer; when its last mutation was made
local W_QUARANTINED = 13 -- quarantined: flag; its ledger is in doubt: no new holds and charges either
local function load_wallet(wallet_key)
  local packed = redis.call('GET', wallet_key)
  return packed and cmsgpack.unpack(packed) or nil
end
local function save_wallet(wallet_key, wallet)
  redis.call('SET', wallet_key, cmsgpack.pack(wallet))
end
local function available(wallet)
  return wallet[W_POSTED] - wallet[W_HELD]
end
local function floor_of(wallet)
  return wallet[W_CUTOFF] - wallet[W_CREDIT]
end
local function spendable(wallet)
  return available(wallet) - floor_of(wallet)
end
local function is_frozen(wallet)
  return wallet[W_FROZEN] == 1 or wallet[W_QUARANTINED] == 1
end
local function shortfall_since(wallet, before)
  local under = math.max(0, -spendable(wallet))
  return math.max(0, under - math.max(0, -before))
end
local keys = { partition = KEYS[1], wallet = KEYS[2] }
local args = { ledger_sequence = tonumber(ARGV[1]) }
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local wallet = load_wallet(keys.wallet)
if not wallet then return { 'absent' } end
if wallet[W_SEQUENCE] ~= args.ledger_sequence or wallet[W_HELD] ~= 0 or wallet[W_LIVE] ~= 0 then
  return { 'busy' }
end
partition[P_LOAD_EPOCH] = partition[P_LOAD_EPOCH] + 1
save_partition(keys.partition, partition)
redis.call('DEL', keys.wallet)
return { 'unloaded' }
`,
};

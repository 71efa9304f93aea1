#!lua flags=allow-oom
--[[
open: opens a partition's fence after its recovery, and records on which master it was recovered.
Atomic because only the recovery that shut the fence may open it, and nobody may see it open unrecorded.
Keys:
  partition, master
Args:
  epoch integer, master_id text, now_ms integer, hot_records_ms integer, rebuilt flag, test_now_ms integer, shift_ms integer, trusted_until_ms integer
Returns:
  stale
  opened
Emits: nothing. A rebuilt partition looks up unknown keys in the ledger for a whole hot-record time.
  Its load epoch is one that it never had, wiped or not: no load read before can be taken for a new one.
Upholds: I8 I11
]]
-- @include ../lib/layout_partition.lua

-- More unloads than there are between two recoveries; epochs stay exact up to 2^21 recoveries.
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
partition[P_SHIFT] = args.shift_ms
partition[P_TRUST] = args.trusted_until_ms
redis.call('SET', keys.partition, cmsgpack.pack(partition))
redis.call('SET', keys.master, args.master_id)
return { 'opened' }

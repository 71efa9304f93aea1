#!lua flags=allow-oom
--[[
close: shuts a partition's fence for a recovery and raises its epoch.
Atomic because an operation sees the fence either open with the old state or shut.
Keys:
  partition
Args:
  epoch integer
Returns:
  stale
  closed
Emits: nothing. Run by EVAL only: the gate is the one place that works without loaded scripts.
Upholds: I11
]]
-- @include ../lib/layout_partition.lua

local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed) or { 0, 0, 0, 0, 0, 0, 0, 0, 0 }
if partition[P_EPOCH] > args.epoch then return { 'stale' } end
partition[P_OPEN] = 0
partition[P_EPOCH] = args.epoch
redis.call('SET', keys.partition, cmsgpack.pack(partition))
return { 'closed' }

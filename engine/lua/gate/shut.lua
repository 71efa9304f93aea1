#!lua flags=allow-oom
--[[
shut: shuts a partition's fence and keeps its clock and epoch, before any script is loaded.
Atomic because no operation may run between a restart and its partition's recovery.
Keys:
  partition
Args:
  none text
Returns:
  absent
  shut
Emits: nothing. Run by EVAL only.
Upholds: I11
]]
-- @include ../lib/layout_partition.lua

local packed = redis.call('GET', keys.partition)
if not packed then return { 'absent' } end
local partition = cmsgpack.unpack(packed)
partition[P_OPEN] = 0
redis.call('SET', keys.partition, cmsgpack.pack(partition))
return { 'shut' }

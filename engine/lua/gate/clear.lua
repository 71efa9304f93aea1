#!lua flags=allow-oom
--[[
clear: takes keys away from a partition that is rebuilt from the ledger, while its fence is shut.
Atomic because what is forgotten and the duty to ask the ledger about it must come together.
Keys:
  partition
  items[]: target
Args:
  epoch integer, check_until_ms integer
Returns:
  stale
  cleared
Emits: nothing. Whoever opens the fence afterwards, unknown keys are looked up in the ledger until then.
Upholds: I8 I11
]]
-- @include ../lib/layout_partition.lua

local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch or partition[P_OPEN] == 1 then
  return { 'stale' }
end
partition[P_CHECK_UNTIL] = math.max(partition[P_CHECK_UNTIL], args.check_until_ms)
redis.call('SET', keys.partition, cmsgpack.pack(partition))
for i = 1, #keys.items do redis.call('DEL', keys.items[i].target) end
return { 'cleared' }

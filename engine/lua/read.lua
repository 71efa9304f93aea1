--[[
read: the packed values of wallets or holds as they are now, behind the fence.
Atomic because the values of one answer belong to one moment.
Keys:
  partition
  targets[]: target
Args:
  none text
Returns:
  recovering
  values: load_epoch integer, now_ms integer, values texts
Emits: nothing. A value that Redis does not hold is an empty text.
Upholds: I10 I11
]]
-- @include lib/partition.lua
-- @include lib/money.lua

local partition = open_partition(redis.call('GET', keys.partition))
if not partition then return { 'recovering' } end
local reply = { 'values', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]) }
for i = 1, #keys.targets do
  reply[#reply + 1] = redis.call('GET', keys.targets[i].target) or ''
end
return reply

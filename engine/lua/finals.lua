#!lua flags=allow-oom
--[[
finals: the final calls of a wallet, smallest covered time first, and the wallet leaves the due set.
Atomic because a wallet woken after this read must be due again.
Keys:
  partition, due, final
Args:
  wallet_id text, limit integer
Returns:
  recovering
  members: members texts
Emits: nothing
Upholds: I12
]]
-- @include lib/partition.lua

local partition = open_partition(redis.call('GET', keys.partition))
if not partition then return { 'recovering' } end
redis.call('ZREM', keys.due, args.wallet_id)
local reply = { 'members' }
for _, member in ipairs(redis.call('ZRANGE', keys.final, 0, args.limit - 1)) do
  reply[#reply + 1] = member
end
return reply

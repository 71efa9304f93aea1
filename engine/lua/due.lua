#!lua flags=allow-oom
--[[
due: leases the holds and wallets of a partition whose moment has come.
Atomic because two enforcers must not both take one.
Keys:
  partition, due
Args:
  limit integer, lease_ms integer
Returns:
  recovering
  members: now_ms integer, next_ms integer, members texts
Emits: nothing; a leased member comes back after lease_ms unless an operation schedules it anew
Upholds: I12
]]
-- @include lib/partition.lua
-- @include lib/money.lua

local partition = open_partition(redis.call('GET', keys.partition))
if not partition then return { 'recovering' } end
local now = partition[P_NOW]
local members = redis.call('ZRANGEBYSCORE', keys.due, '-inf', text(now), 'LIMIT', 0, args.limit)
for _, member in ipairs(members) do
  redis.call('ZADD', keys.due, text(now + args.lease_ms), member)
end
local first = redis.call('ZRANGE', keys.due, 0, 0, 'WITHSCORES')
local reply = { 'members', text(now), first[2] and text(tonumber(first[2])) or '-1' }
for _, member in ipairs(members) do reply[#reply + 1] = member end
return reply

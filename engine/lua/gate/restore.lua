#!lua flags=allow-oom
--[[
restore: puts wallets and holds from Postgres over what Redis has, while the fence is shut.
Atomic because a recovery that lost its lock must not write after another one opened the fence.
Keys:
  partition, due
  items[]: target, final
Args:
  epoch integer
  items[]: id text, packed bytes, due_ms integer, final_ms integer
Returns:
  stale
  restored
Emits: nothing; these values are the ledger's. final_ms >= 0 puts the id into the item's final set.
Upholds: I2 I11
]]
-- @include ../lib/layout_partition.lua

local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch or partition[P_OPEN] == 1 then
  return { 'stale' }
end
for i = 1, #args.items do
  if args.items[i].packed ~= '' then redis.call('SET', keys.items[i].target, args.items[i].packed) end
  if args.items[i].due_ms >= 0 then
    redis.call('ZADD', keys.due, string.format('%d', args.items[i].due_ms), args.items[i].id)
  else
    redis.call('ZREM', keys.due, args.items[i].id)
  end
  if args.items[i].final_ms >= 0 then
    redis.call('ZADD', keys.items[i].final, string.format('%d', args.items[i].final_ms), args.items[i].id)
  else
    redis.call('ZREM', keys.items[i].final, args.items[i].id)
  end
end
return { 'restored' }

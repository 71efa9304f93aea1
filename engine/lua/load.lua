#!lua flags=allow-oom
--[[
load: brings a wallet or a closed or open hold from Postgres, only if Redis does not hold it.
Atomic because a load that raced with an unload or another load must not overwrite newer state.
Keys:
  partition, target
Args:
  packed bytes, load_epoch integer
Returns:
  recovering
  stale
  present
  loaded
Emits: nothing; a load changes no balance
Upholds: I5 I11
]]
-- @include lib/partition.lua

local partition = open_partition(redis.call('GET', keys.partition))
if not partition then return { 'recovering' } end
if redis.call('EXISTS', keys.target) == 1 then return { 'present' } end
if partition[P_LOAD_EPOCH] ~= args.load_epoch then return { 'stale' } end
redis.call('SET', keys.target, args.packed)
return { 'loaded' }

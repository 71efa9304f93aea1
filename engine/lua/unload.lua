#!lua flags=allow-oom
--[[
unload: forgets a wallet that the ledger knows whole and that nothing is held on.
Atomic because a mutation between the check and the delete would be lost.
Keys:
  partition, wallet
Args:
  ledger_sequence integer
Returns:
  recovering
  absent
  busy
  unloaded
Emits: nothing; the load epoch is raised, so that a load read before this is refused
Upholds: I5 I7 I11
]]
-- @include lib/partition.lua
-- @include lib/wallet.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local wallet = load_wallet(found.wallet)
if not wallet then return { 'absent' } end
if wallet[W_SEQUENCE] ~= args.ledger_sequence or wallet[W_HELD] ~= 0 or wallet[W_LIVE] ~= 0 then
  return { 'busy' }
end
partition[P_LOAD_EPOCH] = partition[P_LOAD_EPOCH] + 1
redis.call('SET', keys.partition, cmsgpack.pack(partition))
redis.call('DEL', keys.wallet)
return { 'unloaded' }

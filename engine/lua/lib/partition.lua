-- The fence and the clock of a partition. A closed or missing fence refuses everything.
-- @include layout_partition.lua
-- @include money.lua

-- Answers the partition's state with P_NOW moved to the present, or nil while the gate is closed.
-- Time never goes back for a script, even if Redis' own clock does.
local function open_partition(partition_key)
  local packed = redis.call('GET', partition_key)
  if not packed then return nil end
  local partition = cmsgpack.unpack(packed)
  if partition[P_OPEN] ~= 1 then return nil end
  local now = partition[P_TEST_NOW]
  if now == 0 then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  if now > partition[P_NOW] then partition[P_NOW] = now end
  return partition
end

-- The refusal that names the wallets Redis does not hold, with what a load of them has to know: read
-- here, before the ledger is asked, so that an unload or a recovery in between makes the load stale.
local function not_loaded(partition, wallet_ids)
  return { 'wallet_not_loaded', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]),
    unpack(wallet_ids) }
end

local function save_partition(partition_key, partition)
  redis.call('SET', partition_key, cmsgpack.pack(partition))
end

-- The fence and the clock of a partition. A closed or missing fence refuses everything.
-- @include layout_partition.lua
-- @include money.lua
-- @include store.lua

-- Answers the packed partition's state with P_NOW moved to the present, or nil while the gate is
-- closed. Time never goes back for a script, even if Redis' own clock does, and it goes no further
-- ahead than somebody has just proven (clock.lua): a clock that jumped ahead makes nothing due. While
-- it is not proven, keys that Redis does not know are looked up: by that clock they may have expired.
local clock_moved = false
local function open_partition(packed)
  if not packed then return nil end
  local partition = fields_of(packed)
  if partition[P_OPEN] ~= 1 then return nil end
  local now = partition[P_TEST_NOW]
  if now == 0 then
    local time = redis.call('TIME')
    now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
    local shift, trust = partition[P_SHIFT] or 0, partition[P_TRUST] or 0
    if trust > 0 and now > trust then
      now = trust
      partition[P_CHECK_UNTIL] = math.max(partition[P_CHECK_UNTIL], now + shift + 1)
    end
    now = now + shift
  end
  if now > partition[P_NOW] then
    partition[P_NOW] = now
    clock_moved = true
  end
  return partition
end

-- The refusal that names the wallets Redis does not hold, with what a load of them has to know: read
-- here, before the ledger is asked, so that an unload or a recovery in between makes the load stale.
local function not_loaded(partition, ids)
  return { 'wallet_not_loaded', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]), unpack(ids) }
end

-- Saves the clock, unless this script ran in the millisecond of the one before.
local function save_clock(partition)
  if clock_moved then
    put(keys.partition, cmsgpack.pack(partition))
  end
end

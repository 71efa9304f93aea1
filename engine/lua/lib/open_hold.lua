-- The way to an existing hold: fence, hold, its wallets; the same first steps for every verb.
-- @include partition.lua
-- @include legs.lua
-- @include hold.lua

-- Answers hold, wallets and partition; or nil, the refusal and the partition, nil while the gate is closed.
local function open_hold()
  local partition = open_partition(found.partition)
  if not partition then return nil, { 'recovering' } end
  local hold = load_hold(found.hold)
  if not hold then return nil, { 'hold_not_found' }, partition end
  if not is_open(hold) then return nil, { 'hold_closed', found.hold }, partition end
  if #hold[H_LEGS] ~= #keys.legs then
    return nil, redis.error_reply('BUG legs do not match the hold'), partition
  end
  local wallets, missing = load_wallets(partition, hold)
  if not wallets then return nil, missing, partition end
  return hold, wallets, partition
end

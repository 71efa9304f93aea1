-- The way to an existing hold: fence, hold, its wallets; the same first steps for every verb.
-- @include partition.lua
-- @include legs.lua
-- @include hold.lua

-- Answers { partition, hold, wallets } or nil and the refusal.
local function open_hold(keys)
  local partition = open_partition(keys.partition)
  if not partition then return nil, { 'recovering' } end
  local hold = load_hold(keys.hold)
  if not hold then return nil, { 'hold_not_found' } end
  if not is_open(hold) then return nil, { 'hold_closed', cmsgpack.pack(hold) }, partition, hold end
  local legs = hold[H_LEGS]
  if #legs ~= #keys.legs then return nil, redis.error_reply('BUG legs do not match the hold') end
  local wallets, missing = load_wallets(partition, keys.legs, function(i) return legs[i][L_WALLET] end)
  if not wallets then return nil, missing end
  return { partition = partition, hold = hold, wallets = wallets }
end

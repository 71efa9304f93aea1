-- The legs of an operation: its wallets, loaded together or not at all.
-- @include partition.lua
-- @include wallet.lua
-- @include layout_hold.lua

-- Loads the wallet of every leg: the script's own legs, or those of the hold. Answers
-- the wallets, or nil and the refusal that names those Redis does not hold. Two legs on one wallet
-- would each save their own copy of it and lose the other's: a fault of the caller.
local function load_wallets(partition, hold)
  local wallets, absent, twice = { nil }, nil, false
  for i = 1, #keys.legs do
    for before = 1, i - 1 do
      twice = twice or keys.legs[before].wallet == keys.legs[i].wallet
    end
    local packed = found.legs[i].wallet
    if packed then
      wallets[i] = fields_of(packed)
    else
      absent = absent or {}
      absent[#absent + 1] = args.legs[i].wallet_id or hold[H_LEGS][i][L_WALLET]
    end
  end
  if twice then return nil, redis.error_reply('BUG two legs on one wallet') end
  if absent then return nil, not_loaded(partition, absent) end
  return wallets
end

local function spendables(wallets)
  local amounts = { nil }
  for i = 1, #wallets do amounts[i] = spendable(wallets[i]) end
  return amounts
end

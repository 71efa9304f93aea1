-- The legs of an operation: its wallets, loaded together or not at all.
-- @include partition.lua
-- @include wallet.lua

-- Loads the wallet of every leg. `id_of(i)` names the i-th. Answers the wallets, or nil and the
-- refusal that names those Redis does not hold. Two legs on one wallet would each save their
-- own copy of it and lose the other's: a fault of the caller.
local function load_wallets(partition, leg_keys, id_of)
  local wallets, seen, absent = {}, {}, {}
  for i = 1, #leg_keys do
    if seen[leg_keys[i].wallet] then return nil, redis.error_reply('BUG two legs on one wallet') end
    seen[leg_keys[i].wallet] = true
    local wallet = load_wallet(leg_keys[i].wallet)
    if not wallet then absent[#absent + 1] = id_of(i) end
    wallets[i] = wallet
  end
  if #absent > 0 then return nil, not_loaded(partition, absent) end
  return wallets
end

local function spendables(wallets)
  local amounts = {}
  for i = 1, #wallets do amounts[i] = spendable(wallets[i]) end
  return amounts
end

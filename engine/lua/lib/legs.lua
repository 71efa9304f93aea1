-- The legs of an operation: its wallets, loaded together or not at all.
-- @include wallet.lua

-- Loads the wallet of every leg. `id_of(i)` names the i-th. Answers the wallets, or nil and the
-- refusal that names the first one Redis does not hold.
local function load_wallets(leg_keys, id_of)
  local wallets = {}
  for i = 1, #leg_keys do
    local wallet = load_wallet(leg_keys[i].wallet)
    if not wallet then return nil, { 'wallet_not_loaded', id_of(i) } end
    wallets[i] = wallet
  end
  return wallets
end

local function spendables(wallets)
  local amounts = {}
  for i = 1, #wallets do amounts[i] = spendable(wallets[i]) end
  return amounts
end

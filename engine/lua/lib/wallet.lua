-- Wallets: load, save, and the three derived amounts.
-- @include layout_wallet.lua
-- @include money.lua

local function load_wallet(wallet_key)
  local packed = redis.call('GET', wallet_key)
  return packed and cmsgpack.unpack(packed) or nil
end

local function save_wallet(wallet_key, wallet)
  redis.call('SET', wallet_key, cmsgpack.pack(wallet))
end

local function available(wallet)
  return wallet[W_POSTED] - wallet[W_HELD]
end

local function floor_of(wallet)
  return wallet[W_CUTOFF] - wallet[W_CREDIT]
end

local function spendable(wallet)
  return available(wallet) - floor_of(wallet)
end

-- By an operator, or because its ledger is in doubt: each is lifted by itself.
local function is_frozen(wallet)
  return wallet[W_FROZEN] == 1 or wallet[W_QUARANTINED] == 1
end

-- How much of the wallet's money below its floor is new since `before` (spendable then), >= 0.
local function shortfall_since(wallet, before)
  local under = math.max(0, -spendable(wallet))
  return math.max(0, under - math.max(0, -before))
end

-- Wallets: load, save, and the three derived amounts.
-- @include layout_wallet.lua
-- @include money.lua
-- @include store.lua

local function load_wallet(packed)
  return packed and fields_of(packed) or nil
end

-- A wallet is packed once, as the last thing before the entry: what is kept is what its row says.
local packed_of = {}
local function save_wallet(wallet_key, wallet)
  local packed = cmsgpack.pack(wallet)
  packed_of[wallet] = packed
  put(wallet_key, packed)
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
  local after = spendable(wallet)
  if after >= 0 then return 0 end
  return before < 0 and math.max(0, before - after) or 0 - after
end

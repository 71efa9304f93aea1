-- The journal: one stream entry per mutation, with the rows of all wallets it moved (I5, I6).
-- @include layout_journal.lua
-- @include wallet.lua

-- Moves one wallet and answers the row that says so. Nothing is written to Redis here.
local function move(wallet_id, wallet, kind, amount, held_delta, now)
  local before = spendable(wallet)
  wallet[W_POSTED] = wallet[W_POSTED] + amount
  wallet[W_HELD] = wallet[W_HELD] + held_delta
  wallet[W_SEQUENCE] = wallet[W_SEQUENCE] + 1
  wallet[W_UPDATED] = now
  return { wallet_id, wallet[W_SEQUENCE], kind, amount, held_delta,
    shortfall_since(wallet, before), wallet }
end

-- Would the wallet's figures stay within 2^53-1 after this, and still when all its holds have ended?
-- So no end of a hold can be refused for what it releases. Each figure is exact once the ones before
-- it are in range.
local function fits(wallet, amount, held_delta)
  local posted, held = wallet[W_POSTED] + amount, wallet[W_HELD] + held_delta
  local floor = floor_of(wallet)
  return in_range(posted) and in_range(held) and in_range(floor) and in_range(posted - held)
    and in_range(posted - floor) and in_range(posted - held - floor)
end

-- Packs an entry. `args` is the script's own: mutation_id, memo, and the request if it has one.
local function pack_entry(operation, now, args, organization_id, rows, hold_id, hold, answer)
  local occurred_at = args.occurred_at_ms or 0
  return cmsgpack.pack({ 1, args.mutation_id, operation, now, occurred_at > 0 and occurred_at or now,
    organization_id, args.request_kind or '', args.request_scope or '', args.request_key or '',
    args.fingerprint or '', args.memo or '{}', rows, hold_id or '', hold or false, answer or {} })
end

local function append(journal_key, packed)
  redis.call('XADD', journal_key, '*', 'e', packed)
end

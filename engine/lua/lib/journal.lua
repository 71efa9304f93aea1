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

-- Would the wallet stay within 2^53-1 after this?
local function fits(wallet, amount, held_delta)
  return in_range(wallet[W_POSTED] + amount) and in_range(wallet[W_HELD] + held_delta)
    and in_range(available(wallet) + amount - held_delta)
    and in_range(spendable(wallet) + amount - held_delta)
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

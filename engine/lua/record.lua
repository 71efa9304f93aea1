#!lua flags=allow-oom
--[[
record: charges a call that had no hold, and leaves its closed hold, never refused for lack of money.
Atomic because the charge and the tombstone that stops a second one must be one step.
Keys:
  partition, journal, hold
  legs[]: wallet
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  organization_id text, hold_id text, call_id text, duration_ms integer, evidence integer, outcome text
  legs[]: wallet_id text, role text, rate_micros_per_minute integer, initial_ms integer, subsequent_ms integer, connection_fee_micros integer, minimum_micros integer
Returns:
  recovering
  hold_exists: hold hold
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: capture, one row per leg
Upholds: I1 I3 I4 I5 I6 I8
]]
-- @include lib/partition.lua
-- @include lib/legs.lua
-- @include lib/hold.lua
-- @include lib/price.lua
-- @include lib/journal.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
if found.hold then return { 'hold_exists', found.hold } end
local wallets, missing = load_wallets(partition)
if not wallets then return missing end
-- The natural key is unique for ever, so the ledger is always asked before a direct charge.
if args.checked_epoch ~= partition[P_LOAD_EPOCH] then
  return { 'ask_ledger', '1', text(partition[P_LOAD_EPOCH]) }
end
local now = partition[P_NOW]

-- Decide.
local legs = {}
for i = 1, #args.legs do
  legs[i] = { args.legs[i].wallet_id, args.legs[i].role, 0, 0, 0,
    args.legs[i].rate_micros_per_minute, args.legs[i].initial_ms, args.legs[i].subsequent_ms,
    args.legs[i].connection_fee_micros, args.legs[i].minimum_micros, 0 }
  legs[i][L_CAPTURED] = price_of(legs[i], args.duration_ms)
  local fit = fits(wallets[i], -legs[i][L_CAPTURED], 0)
  if not fit then
    return { 'balance_out_of_range', args.legs[i].wallet_id }
  end
end

-- Write.
local rows = {}
for i, leg in ipairs(legs) do
  rows[i] = move(leg[L_WALLET], wallets[i], 'capture', -leg[L_CAPTURED], 0, now)
  leg[L_SHORTFALL] = rows[i][R_SHORTFALL]
  save_wallet(keys.legs[i].wallet, wallets[i])
end
local hold = { 'captured', 1, args.organization_id, 'call', args.call_id, now, 0, 0, '', 0, 0, now,
  args.duration_ms, { 0, 0, 0, 0, 0, 0, 0 }, 1, 0, args.evidence, args.duration_ms, now, args.outcome,
  legs }
save_clock(partition)
local packed = save_hold(hold)
local entry = pack_entry('record', now, args.organization_id, rows, packed)
return commit(entry)

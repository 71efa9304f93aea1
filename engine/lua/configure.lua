#!lua flags=allow-oom
--[[
configure: sets a wallet's limits, thresholds, cap, freeze and quarantine; a mutation like any other.
Atomic because a limit and the sequence that orders it against spending must change together.
Keys:
  partition, journal, due, wallet
Args:
  mutation_id text, memo text, organization_id text, wallet_id text
  credit_limit_micros text, cutoff_threshold_micros text, low_balance_threshold_micros text
  max_live_calls text, frozen text, quarantined text
Returns:
  recovering
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: configure, one row of amount 0. An empty argument keeps what is there.
Upholds: I3 I5 I6 I9
]]
-- @include lib/partition.lua
-- @include lib/wallet.lua
-- @include lib/journal.lua
-- @include lib/finals.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local wallet = load_wallet(found.wallet)
if not wallet then return not_loaded(partition, { args.wallet_id }) end
local now = partition[P_NOW]

-- Decide.
local before, was_frozen = spendable(wallet), is_frozen(wallet)
local wanted = { [W_CREDIT] = args.credit_limit_micros, [W_CUTOFF] = args.cutoff_threshold_micros,
  [W_LOW] = args.low_balance_threshold_micros, [W_MAX_LIVE] = args.max_live_calls,
  [W_FROZEN] = args.frozen, [W_QUARANTINED] = args.quarantined }
for field, value in pairs(wanted) do
  if value ~= '' then wallet[field] = tonumber(value) end
end
if not fits(wallet, 0, 0) then
  return { 'balance_out_of_range', args.wallet_id }
end

-- Write. A raised floor may leave spendable under zero: that is recorded as the row's shortfall.
-- Nothing could be spent while it was frozen, so a thaw wakes its final calls like a top-up.
local row = move(args.wallet_id, wallet, 'configure', 0, 0, now)
row[R_SHORTFALL] = shortfall_since(wallet, before)
save_wallet(keys.wallet, wallet)
local thawed = was_frozen and not is_frozen(wallet)
wake(args.wallet_id, wallet, thawed and -math.huge or before, now)
save_clock(partition)
local entry = pack_entry('configure', now, args.organization_id, { row })
return commit(entry)

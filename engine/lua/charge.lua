--[[
charge: a one-shot debit of 1-4 wallets, all of them or none.
Atomic because check and deduction must be one step: of many buyers with money for one, one buys.
Keys:
  partition, journal, request
  legs[]: wallet
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  organization_id text, kind text, overdraft flag, unbilled flag
  legs[]: wallet_id text, role text, amount_micros integer
Returns:
  recovering
  idempotency_conflict
  replayed: reply
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  wallet_frozen: wallet_id text
  insufficient_funds: wallet_id text, role text, required_micros integer, spendable_micros integer, held_micros integer
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: charge or transfer, one row per leg
Upholds: I1 I3 I5 I6 I8 I9
]]
-- @include lib/partition.lua
-- @include lib/legs.lua
-- @include lib/journal.lua
-- @include lib/request.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(partition)
if replay then return replay end
local wallets, missing = load_wallets(partition)
if not wallets then return missing end
local asked = ask_ledger(partition, wallets)
if asked then return asked end
local now = partition[P_NOW]

-- Decide. An asset (no overdraft) is paid from money that is there: credit does not count.
for i = 1, #wallets do
  if is_frozen(wallets[i]) and args.unbilled == 0 then
    return refuse({ 'wallet_frozen', args.legs[i].wallet_id })
  end
end
for i, wallet in ipairs(wallets) do
  local amount, free = args.legs[i].amount_micros, spendable(wallet)
  if args.overdraft == 0 then free = available(wallet) - math.max(0, floor_of(wallet)) end
  if amount > 0 and amount > free then
    return refuse({ 'insufficient_funds', args.legs[i].wallet_id, args.legs[i].role, text(amount),
      text(free), text(wallet[W_HELD]) })
  end
end
for i, wallet in ipairs(wallets) do
  local fit = fits(wallet, -args.legs[i].amount_micros, 0)
  if not fit then
    return refuse({ 'balance_out_of_range', args.legs[i].wallet_id })
  end
end

-- Write.
local rows = { nil }
for i, wallet in ipairs(wallets) do
  rows[i] = move(args.legs[i].wallet_id, wallet, args.kind, -args.legs[i].amount_micros, 0, now)
  save_wallet(keys.legs[i].wallet, wallet)
end
save_clock(partition)
local entry = pack_entry('charge', now, args.organization_id, rows)
return commit_answer(entry)

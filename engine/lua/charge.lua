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
-- @bind

local function refused(reply)
  return refuse(keys.request, args.request_kind, args.fingerprint, reply)
end

local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(keys.request, args.fingerprint)
if replay then return replay end
local wallets, missing = load_wallets(partition, keys.legs, function(i) return args.legs[i].wallet_id end)
if not wallets then return missing end
local asked = ask_ledger(partition, wallets, args)
if asked then return asked end
local now = partition[P_NOW]

-- Decide. An asset (no overdraft) is paid from money that is there: credit does not count.
for i, leg in ipairs(args.legs) do
  if is_frozen(wallets[i]) and args.unbilled == 0 then
    return refused({ 'wallet_frozen', leg.wallet_id })
  end
end
for i, leg in ipairs(args.legs) do
  local free = spendable(wallets[i])
  if args.overdraft == 0 then
    free = available(wallets[i]) - math.max(0, floor_of(wallets[i]))
  end
  if leg.amount_micros > 0 and leg.amount_micros > free then
    return refused({ 'insufficient_funds', leg.wallet_id, leg.role, text(leg.amount_micros),
      text(free), text(wallets[i][W_HELD]) })
  end
end
for i, leg in ipairs(args.legs) do
  if not fits(wallets[i], -leg.amount_micros, 0) then
    return refused({ 'balance_out_of_range', leg.wallet_id })
  end
end

-- Write.
local rows = {}
for i, leg in ipairs(args.legs) do
  rows[i] = move(leg.wallet_id, wallets[i], args.kind, -leg.amount_micros, 0, now)
  save_wallet(keys.legs[i].wallet, wallets[i])
end
save_partition(keys.partition, partition)
local entry = pack_entry('charge', now, args, args.organization_id, rows)
append(keys.journal, entry)
return remember(keys.request, args.fingerprint, { 'done', entry })

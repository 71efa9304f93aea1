--[[
transfer: moves money between two wallets of one partition.
Atomic because both wallets move or neither does.
Keys:
  partition, journal, request, due, from, to
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  organization_id text, from_wallet_id text, to_wallet_id text, amount_micros integer
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
Emits: transfer, two rows: out of one wallet, into the other
Upholds: I1 I3 I5 I6 I8 I9 I13
]]
-- @include lib/partition.lua
-- @include lib/wallet.lua
-- @include lib/journal.lua
-- @include lib/request.lua
-- @include lib/finals.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(partition)
if replay then return replay end
if keys.from == keys.to then return redis.error_reply('BUG a transfer to the same wallet') end
local from, to = load_wallet(found.from), load_wallet(found.to)
local absent = {}
if not from then absent[1] = args.from_wallet_id end
if not to then absent[#absent + 1] = args.to_wallet_id end
if #absent > 0 then return not_loaded(partition, absent) end
local asked = ask_ledger(partition, { from, to })
if asked then return asked end
local now, amount = partition[P_NOW], args.amount_micros

-- Decide.
if is_frozen(from) then return refuse({ 'wallet_frozen', args.from_wallet_id }) end
if amount > spendable(from) then
  return refuse({ 'insufficient_funds', args.from_wallet_id, 'from', text(amount),
    text(spendable(from)), text(from[W_HELD]) })
end
if not fits(from, -amount, 0) then return refuse({ 'balance_out_of_range', args.from_wallet_id }) end
if not fits(to, amount, 0) then return refuse({ 'balance_out_of_range', args.to_wallet_id }) end

-- Write.
local before = spendable(to)
local rows = { move(args.from_wallet_id, from, 'transfer', -amount, 0, now),
  move(args.to_wallet_id, to, 'transfer', amount, 0, now) }
save_wallet(keys.from, from)
save_wallet(keys.to, to)
wake(args.to_wallet_id, to, before, now)
save_clock(partition)
local entry = pack_entry('transfer', now, args.organization_id, rows)
return commit_answer(entry)

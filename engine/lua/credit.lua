--[[
credit: puts money into a wallet: deposit, bonus, refund, adjustment (either sign), auto_recharge,
dispute, transfer. A refund of an entry is never above what is left of it. What is left of a capture is
written in its hold, so that a later settlement knows of it.
Atomic because what is left of an entry and the wallet's balance change together.
Keys:
  partition, journal, request, due, wallet, refund, hold
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  organization_id text, wallet_id text, kind text, amount_micros integer
  refundable_micros integer, refunded_micros integer, hold_id text
Returns:
  recovering
  hold_not_found
  idempotency_conflict
  replayed: reply
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  refund_exceeds_charge: refundable_micros integer
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: one row of the kind asked for
Upholds: I1 I3 I5 I6 I8 I9
]]
-- @include lib/partition.lua
-- @include lib/wallet.lua
-- @include lib/hold.lua
-- @include lib/journal.lua
-- @include lib/request.lua
-- @include lib/finals.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local hold = nil
if args.hold_id ~= '' then
  hold = load_hold(found.hold)
  if not hold then return { 'hold_not_found' } end
end
local replay = replay_of(partition)
if replay then return replay end
local wallet = load_wallet(found.wallet)
if not wallet then return not_loaded(partition, { args.wallet_id }) end
local asked = ask_ledger(partition, { wallet })
if asked then return asked end
local now = partition[P_NOW]

-- Decide. refundable_micros < 0: no entry is refunded. What was taken by a hold, and given back, is in
-- the leg of the wallet. The record of another entry is made at its first refund from committed rows;
-- from then on it counts what was given back. The ledger knows of more when Redis came back older.
local refund, leg = nil, nil
if hold then
  for _, one in ipairs(hold[H_LEGS]) do
    if one[L_WALLET] == args.wallet_id then leg = one end
  end
  if not leg then return redis.error_reply('BUG the refunded hold is not on this wallet') end
  refund = { leg[L_CAPTURED], leg[L_REFUNDED] }
elseif args.refundable_micros >= 0 then
  refund = found.refund and cmsgpack.unpack(found.refund) or { 0, args.refunded_micros }
  refund[1] = args.refundable_micros
  refund[2] = math.max(refund[2], args.refunded_micros)
end
if refund then
  local left = math.max(0, refund[1] - refund[2])
  if args.amount_micros > left then return refuse({ 'refund_exceeds_charge', text(left) }) end
end
local fit = fits(wallet, args.amount_micros, 0)
if not fit then
  return refuse({ 'balance_out_of_range', args.wallet_id })
end

-- Write.
local before, packed = spendable(wallet), nil
local row = move(args.wallet_id, wallet, args.kind, args.amount_micros, 0, now)
save_wallet(keys.wallet, wallet)
if leg then
  leg[L_REFUNDED] = leg[L_REFUNDED] + args.amount_micros
  hold[H_REVISION] = hold[H_REVISION] + 1
  packed = save_hold(hold)
elseif refund then
  refund[2] = refund[2] + args.amount_micros
  put(keys.refund, cmsgpack.pack(refund))
end
wake(args.wallet_id, wallet, before, now)
save_clock(partition)
local entry = pack_entry('credit', now, args.organization_id, { row }, packed)
return commit_answer(entry)

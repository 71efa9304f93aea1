--[[
extend: adds an amount to an open amount hold.
Atomic because the check of the wallet and the larger hold must be one step.
Keys:
  partition, journal, request, due, hold
  legs[]: wallet, final
Args:
  mutation_id text, memo text
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  hold_id text, amount_micros integer
Returns:
  recovering
  idempotency_conflict
  replayed: reply
  hold_not_found
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  hold_closed: hold hold
  wallet_frozen: wallet_id text
  insufficient_funds: wallet_id text, role text, required_micros integer, spendable_micros integer, held_micros integer
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: hold
Upholds: I2 I3 I5 I6 I8
]]
-- @include lib/open_hold.lua
-- @include lib/journal.lua
-- @include lib/request.lua
-- @bind

local function refused(reply)
  return refuse(keys.request, args.request_kind, args.fingerprint, reply)
end

local replay = replay_of(keys.request, args.fingerprint)
local opened, refusal, partition = open_hold(keys)
if refusal and refusal[1] == 'recovering' then return refusal end
if replay then return replay end
if not opened then
  if refusal[1] ~= 'hold_closed' then return refusal end
  return ask_ledger(partition, {}, args) or refused(refusal)
end
local hold, wallet, now = opened.hold, opened.wallets[1], opened.partition[P_NOW]
local leg = hold[H_LEGS][1]
local asked = ask_ledger(opened.partition, opened.wallets, args)
if asked then return asked end

-- Decide. A hold past its time to live is over, whether or not the sweeper has come by.
if hold[H_EXPIRES] > 0 and hold[H_EXPIRES] <= now then
  hold[H_STATE] = 'expired'
  return refused({ 'hold_closed', cmsgpack.pack(hold) })
end
if is_frozen(wallet) then return refused({ 'wallet_frozen', leg[L_WALLET] }) end
if args.amount_micros > spendable(wallet) then
  return refused({ 'insufficient_funds', leg[L_WALLET], leg[L_ROLE], text(args.amount_micros),
    text(spendable(wallet)), text(wallet[W_HELD]) })
end
if not fits(wallet, 0, args.amount_micros) or not in_range(leg[L_HELD] + args.amount_micros) then
  return refused({ 'balance_out_of_range', leg[L_WALLET] })
end

-- Write.
leg[L_HELD] = leg[L_HELD] + args.amount_micros
hold[H_REVISION] = hold[H_REVISION] + 1
local rows = { move(leg[L_WALLET], wallet, 'hold', 0, args.amount_micros, now) }
save_wallet(keys.legs[1].wallet, wallet)
save_hold(keys.hold, hold)
save_partition(keys.partition, opened.partition)
local entry = pack_entry('extend', now, args, hold[H_ORGANIZATION], rows, args.hold_id, hold)
append(keys.journal, entry)
return remember(keys.request, args.fingerprint, { 'done', entry })

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

local hold, wallets, partition = open_hold()
if not hold and wallets[1] == 'recovering' then return wallets end
local replay = replay_of(partition)
if replay then return replay end
if not hold and wallets[1] ~= 'hold_closed' then return wallets end
local asked = ask_ledger(partition, hold and wallets or {})
if asked then return asked end
if not hold then return refuse(wallets) end
local wallet, leg, now, amount = wallets[1], hold[H_LEGS][1], partition[P_NOW], args.amount_micros

-- Decide. A hold past its time to live is over, whether or not the sweeper has come by.
if hold[H_EXPIRES] > 0 and hold[H_EXPIRES] <= now then
  hold[H_STATE] = 'expired'
  return refuse({ 'hold_closed', cmsgpack.pack(hold) })
end
if is_frozen(wallet) then return refuse({ 'wallet_frozen', leg[L_WALLET] }) end
if amount > spendable(wallet) then
  return refuse({ 'insufficient_funds', leg[L_WALLET], leg[L_ROLE], text(amount),
    text(spendable(wallet)), text(wallet[W_HELD]) })
end
local fit = fits(wallet, 0, amount)
if not fit or not in_range(leg[L_HELD] + amount) then
  return refuse({ 'balance_out_of_range', leg[L_WALLET] })
end

-- Write.
leg[L_HELD] = leg[L_HELD] + amount
hold[H_REVISION] = hold[H_REVISION] + 1
local row = move(leg[L_WALLET], wallet, 'hold', 0, amount, now)
save_wallet(keys.legs[1].wallet, wallet)
save_clock(partition)
local packed = save_hold(hold)
local entry = pack_entry('extend', now, hold[H_ORGANIZATION], { row }, packed)
return commit_answer(entry)

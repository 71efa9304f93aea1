#!lua flags=allow-oom
--[[
capture: ends a hold; takes what was used, gives the rest back. Never refused for lack of money.
Atomic because a hold ends once: capture, void and expire race, and the loser is told who won.
Keys:
  partition, journal, request, due, hold
  legs[]: wallet, final
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  hold_id text, duration_ms integer, amount_micros integer, evidence integer, outcome text
Returns:
  recovering
  idempotency_conflict
  replayed: reply
  hold_not_found
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  hold_closed: hold hold
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: capture, one row per leg
Upholds: I1 I2 I3 I4 I5 I6 I8
]]
-- @include lib/open_hold.lua
-- @include lib/price.lua
-- @include lib/journal.lua
-- @include lib/request.lua
-- @include lib/finals.lua
-- @include lib/close.lua

local hold, wallets, partition = open_hold()
if not hold and wallets[1] == 'recovering' then return wallets end
local replay = replay_of(partition)
if replay then return replay end
if not hold and wallets[1] ~= 'hold_closed' then return wallets end
local asked = ask_ledger(partition, hold and wallets or {})
if asked then return asked end
if not hold then return refuse(wallets) end
local now = partition[P_NOW]

-- Decide. Expiry is checked at the time of use: a hold past its time to live takes nothing.
local expired = hold[H_EXPIRES] > 0 and hold[H_EXPIRES] <= now
local used = { nil }
for i, leg in ipairs(hold[H_LEGS]) do
  used[i] = hold[H_KIND] == 'call' and price_of(leg, args.duration_ms) or args.amount_micros
  if expired then used[i] = 0 end
end
local before = spendables(wallets)
local state = expired and 'expired' or 'captured'
local rows, misfit = close(hold, wallets, used, expired and 'hold_release' or 'capture', state, now)
if not rows then return { 'balance_out_of_range', misfit[L_WALLET] } end
hold[H_USED] = expired and 0 or args.duration_ms
hold[H_EVIDENCE] = expired and 1 or args.evidence
hold[H_OUTCOME] = args.outcome
hold[H_ESTIMATED] = not expired and args.evidence == 1 and 1 or 0

-- Write. The end of a hold that was over is not the effect of the caller's key: its key was refused.
local packed = save_closed(hold, wallets, before, now)
save_clock(partition)
local operation = expired and 'expire' or 'capture'
local entry = pack_entry(operation, now, hold[H_ORGANIZATION], rows, packed, nil, expired)
if expired then
  commit(entry)
  return refuse({ 'hold_closed', packed })
end
return commit_answer(entry)

#!lua flags=allow-oom
--[[
check: moves a call's covered time ahead of the clock; a partial grant when money is short.
Atomic because what is granted, what the wallet holds and when the call ends must agree.
Keys:
  partition, journal, due, hold
  legs[]: wallet, final
Args:
  mutation_id text, memo text, hold_id text, elapsed_ms integer, proof_of_life flag
Returns:
  recovering
  hold_not_found
  hold_closed: hold hold
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ringing: now_ms integer, available_micros integer, hold hold
  covered: now_ms integer, available_micros integer, hold hold
  extended: now_ms integer, available_micros integer, hold hold
Emits: hold, one row per leg that paid (none if only the clock or the finality changed)
Upholds: I2 I3 I4 I5 I6
]]
-- @include lib/open_hold.lua
-- @include lib/session.lua
-- @include lib/journal.lua
-- @include lib/finals.lua
-- @bind

local SEEN_STEP_MS = 5000 -- how stale the last proof of life may be before it is written again
local opened, refusal = open_hold(keys)
if not opened then return refusal end
local hold, wallets, now = opened.hold, opened.wallets, opened.partition[P_NOW]

local function answer(status)
  return { status, text(now), text(available(wallets[1])), cmsgpack.pack(hold) }
end

-- Decide: has the clock started, and since when?
local started, final, covered = hold[H_STARTED], hold[H_FINAL], hold[H_COVERED]
if hold[H_STATE] == 'authorized' then
  if args.proof_of_life == 0 then return answer('ringing') end
  begin(hold, now - math.max(0, args.elapsed_ms), now)
elseif args.elapsed_ms > now - hold[H_STARTED] then
  begin(hold, now - args.elapsed_ms, now)
end
local seen = hold[H_SEEN]
if args.proof_of_life == 1 then hold[H_SEEN] = now end

-- Decide: how far can it be paid?
local target = math.min(now - hold[H_STARTED] + hold[H_POLICY][C_QUANTUM], hold[H_MAX])
local rows = {}
local paid = {}
if hold[H_COVERED] < target then
  local reach = reachable(hold, wallets, target)
  for i, leg in ipairs(hold[H_LEGS]) do
    paid[i] = math.max(0, price_of(leg, reach) - leg[L_HELD])
    if not fits(wallets[i], 0, paid[i]) then paid[i] = 0 end
  end
  for i, leg in ipairs(hold[H_LEGS]) do leg[L_HELD] = leg[L_HELD] + paid[i] end
  hold[H_COVERED] = cover_of(hold)
  for i, leg in ipairs(hold[H_LEGS]) do
    if paid[i] > 0 then
      rows[#rows + 1] = move(leg[L_WALLET], wallets[i], 'hold', 0, paid[i], now)
    end
  end
end
hold[H_FINAL] = finality(hold, wallets, target)
local changed = #rows > 0 or hold[H_FINAL] ~= final or hold[H_STARTED] ~= started
  or hold[H_COVERED] ~= covered
-- A cutoff stands while nothing changed: the more calls have ended the less they would be spread.
if changed then hold[H_CUTOFF] = cutoff_at(hold, wallets) end

-- Write. What changes nothing but the last proof of life is not journalled.
if not changed then
  if hold[H_SEEN] - seen >= SEEN_STEP_MS then save_hold(keys.hold, hold) end
  schedule(keys.due, args.hold_id, hold, now)
  return answer('covered')
end
hold[H_REVISION] = hold[H_REVISION] + 1
for i = 1, #wallets do
  mark_final(keys.legs[i].final, args.hold_id, hold, wallets[i], final ~= '', hold[H_FINAL] ~= '')
  save_wallet(keys.legs[i].wallet, wallets[i])
end
save_hold(keys.hold, hold)
schedule(keys.due, args.hold_id, hold, now, final == '' and hold[H_FINAL] ~= '')
save_partition(keys.partition, opened.partition)
append(keys.journal, pack_entry('extend', now, args, hold[H_ORGANIZATION], rows, args.hold_id, hold))
return answer('extended')

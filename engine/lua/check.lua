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

local SEEN_STEP_MS = 5000 -- how stale the last proof of life may be before it is written again
local hold, wallets, partition = open_hold()
if not hold then return wallets end
local now = partition[P_NOW]

local function told(status, packed)
  return { status, text(now), text(available(wallets[1])), packed or cmsgpack.pack(hold) }
end

-- Decide: has the clock started, and since when?
local started, final, covered = hold[H_STARTED], hold[H_FINAL], hold[H_COVERED]
local elapsed_ms, began = args.elapsed_ms, false
if hold[H_STATE] == 'authorized' then
  if args.proof_of_life == 0 then return told('ringing', found.hold) end
  elapsed_ms, began = math.max(0, elapsed_ms), true
end
if began or elapsed_ms > now - hold[H_STARTED] then
  begin(hold, now - elapsed_ms, now)
end
local seen = hold[H_SEEN]
if args.proof_of_life == 1 then hold[H_SEEN] = now end

-- Decide: how far can it be paid?
local target = math.min(now - hold[H_STARTED] + hold[H_POLICY][C_QUANTUM], hold[H_MAX])
local rows, paid = { nil }, { nil }
if hold[H_COVERED] < target then
  local reach = reachable(hold, wallets, target)
  for i, leg in ipairs(hold[H_LEGS]) do
    paid[i] = math.max(0, price_of(leg, reach) - leg[L_HELD])
    local fit = fits(wallets[i], 0, paid[i])
    if not fit then paid[i] = 0 end
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
if changed then
  hold[H_CUTOFF] = cutoff_at(hold, wallets)
end

-- Write. What changes nothing but the last proof of life is not journalled.
schedule(hold, now, final == '' and hold[H_FINAL] ~= '')
if not changed then
  if hold[H_SEEN] - seen < SEEN_STEP_MS then return told('covered') end
  local packed = save_hold(hold)
  write_all()
  return told('covered', packed)
end
hold[H_REVISION] = hold[H_REVISION] + 1
for i = 1, #wallets do
  mark_final(keys.legs[i].final, hold, wallets[i], final ~= '', hold[H_FINAL] ~= '')
  save_wallet(keys.legs[i].wallet, wallets[i])
end
local packed = save_hold(hold)
save_clock(partition)
commit(pack_entry('extend', now, hold[H_ORGANIZATION], rows, packed))
return told('extended', packed)

#!lua flags=allow-oom
--[[
expire: the sweeper's end of a hold that nobody ended. A provider call is never voided by time: from
authorized + ring timeout it counts as live, flagged estimated.
Atomic because a hold ends once: capture, void and expire race, and the loser is told who won.
Keys:
  partition, journal, due, hold
  legs[]: wallet, final
Args:
  mutation_id text, memo text, hold_id text, has_provider flag
Returns:
  recovering
  hold_not_found
  hold_closed: hold hold
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  not_due: hold hold
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: hold_release or capture, one row per leg; no row when an estimated start is set
Upholds: I2 I4 I5 I6
]]
-- @include lib/open_hold.lua
-- @include lib/session.lua
-- @include lib/journal.lua
-- @include lib/finals.lua
-- @include lib/close.lua

local hold, wallets, partition = open_hold()
if not hold then return wallets end
local now = partition[P_NOW]
local CLOCK = 1

local function finish(rows, packed)
  save_clock(partition)
  local entry = pack_entry('expire', now, hold[H_ORGANIZATION], rows, packed)
  return commit(entry)
end

-- Decide: is its time over? A provider may have become known only after the call was authorized.
if args.has_provider == 1 then hold[H_PROVIDER] = 1 end
local rings_until = hold[H_CREATED] + hold[H_POLICY][C_RING]
local ringing = hold[H_KIND] == 'call' and hold[H_STATE] == 'authorized'
local over
if hold[H_KIND] == 'amount' then
  over = hold[H_EXPIRES] > 0 and hold[H_EXPIRES] <= now
elseif ringing then
  over = rings_until <= now
else
  over = hold[H_PROVIDER] == 0 and silent_until(hold) <= now
end
if not over then
  schedule(hold, now)
  return { 'not_due', cmsgpack.pack(hold) }
end

-- A provider call that never told us anything is taken as answered at the end of its ringing.
if ringing and hold[H_PROVIDER] == 1 then
  begin(hold, rings_until, now)
  hold[H_ESTIMATED] = 1
  hold[H_REVISION] = hold[H_REVISION] + 1
  schedule(hold, now)
  return finish({}, save_hold(hold))
end

-- A silent call is charged by the clock for what was paid ahead; a stronger record settles it.
local live = hold[H_STATE] == 'live'
local used_ms = live and math.min(now - hold[H_STARTED], hold[H_COVERED]) or 0
local used = {}
for i, leg in ipairs(hold[H_LEGS]) do used[i] = live and price_of(leg, used_ms) or 0 end
local before = spendables(wallets)
local rows, misfit = close(hold, wallets, used, live and 'capture' or 'hold_release', 'expired', now)
if not rows then return { 'balance_out_of_range', misfit[L_WALLET] } end
hold[H_USED] = used_ms
hold[H_EVIDENCE] = CLOCK
hold[H_ESTIMATED] = live and 1 or 0
return finish(rows, save_closed(hold, wallets, before, now))

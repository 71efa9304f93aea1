#!lua flags=allow-oom
--[[
start: the call was answered; its clock runs from then.
Atomic because the start decides the covered time, the next due moment and the journal together.
Keys:
  partition, journal, due, hold
  legs[]: wallet, final
Args:
  mutation_id text, memo text, hold_id text, started_at_ms integer
Returns:
  recovering
  hold_not_found
  hold_closed: hold hold
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  already_started: hold hold
  done: entry entry
Emits: no row; the hold
Upholds: I4 I6
]]
-- @include lib/open_hold.lua
-- @include lib/session.lua
-- @include lib/journal.lua
-- @include lib/finals.lua

local hold, wallets, partition = open_hold()
if not hold then return wallets end
local now = partition[P_NOW]
if hold[H_STATE] == 'live' and hold[H_ESTIMATED] == 0 then
  return { 'already_started', found.hold }
end

-- Decide. A reported start replaces an estimated one.
local was_final = hold[H_FINAL] ~= ''
begin(hold, args.started_at_ms > 0 and args.started_at_ms or now, now)
hold[H_ESTIMATED] = 0
hold[H_FINAL] = finality(hold, wallets, math.min(hold[H_POLICY][C_QUANTUM], hold[H_MAX]))
hold[H_CUTOFF] = cutoff_at(hold, wallets)
hold[H_REVISION] = hold[H_REVISION] + 1

-- Write.
for i = 1, #wallets do
  mark_final(keys.legs[i].final, hold, wallets[i], was_final, hold[H_FINAL] ~= '')
  save_wallet(keys.legs[i].wallet, wallets[i])
end
schedule(hold, now, not was_final and hold[H_FINAL] ~= '')
save_clock(partition)
local packed = save_hold(hold)
local entry = pack_entry('start', now, hold[H_ORGANIZATION], {}, packed)
return commit(entry)

-- Holds: load, save, and the next moment each one needs attention.
-- @include layout_hold.lua
-- @include money.lua
-- @include store.lua

local EXTEND_AGAIN_MS = 250 -- least time between two extensions of one call by the enforcer
local ARM_AHEAD_MS = 5000 -- an enforcer takes a call in hand this long before it has to act on it
local BEHIND_MS = 250 -- what that enforcer did not do by then is due for any other
local CUTOFF_AGAIN_MS = 2000 -- a call past its cutoff whose enforcer died is taken over after this

-- A hold has more than 15 fields, so its head has three bytes.
local HOLD_FIELDS_MAX = 65535
local function load_hold(packed)
  return packed and { select(2, cmsgpack.unpack_limit(packed, HOLD_FIELDS_MAX, 3)) } or nil
end

-- Answers the packed hold, for the entry and the answer.
local function save_hold(hold)
  local packed = cmsgpack.pack(hold)
  put(keys.hold, packed)
  return packed
end

local function is_open(hold)
  return hold[H_STATE] == 'authorized' or hold[H_STATE] == 'live'
end

-- When the paid time ends: the moment the hold must have been extended by.
local function covered_until(hold)
  return hold[H_STARTED] + hold[H_COVERED]
end

-- When a silent call counts as over, if no provider can be asked about it.
local function silent_until(hold)
  return hold[H_SEEN] + hold[H_POLICY][C_HEARTBEAT]
end

-- How long before the paid time ends it is extended: early enough for the warning and the cutoff,
-- late enough that each extension lasts a quarter of the quantum.
local function extend_ahead_ms(policy)
  local quantum = policy[C_QUANTUM]
  local wanted = math.max(math.floor(quantum / 2), policy[C_WARN] + policy[C_LEAD])
  return math.min(math.floor(quantum * 3 / 4), wanted)
end

-- A final call is looked at for its warning, to be taken in hand, for its last words and at its
-- cutoff. The last two are kept to the millisecond by whoever has it in hand; here they are the net.
local function final_due(hold, now)
  local policy, cutoff = hold[H_POLICY], hold[H_CUTOFF]
  if now >= cutoff then return now + CUTOFF_AGAIN_MS end
  local due = cutoff + BEHIND_MS
  local words = cutoff - policy[C_END_MESSAGE]
  if now < words then due = words + BEHIND_MS end
  if now < words - ARM_AHEAD_MS then due = words - ARM_AHEAD_MS end
  local warning = cutoff - policy[C_WARN]
  if policy[C_WARN] > 0 and now < warning then due = math.min(due, warning) end
  return due
end

-- The next moment (ms) the hold needs attention, or nil if it never does.
local function next_due(hold, now)
  local policy = hold[H_POLICY]
  if hold[H_KIND] == 'amount' then
    return hold[H_EXPIRES] > 0 and hold[H_EXPIRES] or nil
  end
  if hold[H_STATE] == 'authorized' then return hold[H_CREATED] + policy[C_RING] end
  local due
  if hold[H_FINAL] == '' then
    local ahead = extend_ahead_ms(policy)
    due = math.max(now + EXTEND_AGAIN_MS, covered_until(hold) - ahead)
  else
    due = final_due(hold, now)
  end
  if hold[H_PROVIDER] == 0 then due = math.min(due, silent_until(hold)) end
  return due
end

-- A call that has just become final is due at once: whoever found it so may be no enforcer.
local function schedule(hold, now, newly_final)
  local due = nil
  if is_open(hold) then
    due = next_due(hold, now)
  end
  if due and newly_final then due = now end
  if due then
    redis.call('ZADD', keys.due, text(due), args.hold_id)
  else
    redis.call('ZREM', keys.due, args.hold_id)
  end
end

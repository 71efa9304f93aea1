-- A call's clock and cover: when it started, how far it is paid, and when it must end.
-- @include price.lua
-- @include hold.lua

local START_PAST_MAX_MS = 43200000 -- a start is never taken further back than the longest call
local SPREAD_MS_PER_CALL = 2 -- calls of one wallet end that far apart on average when all are final,
local SPREAD_MS_MAX = 2000 -- and none is cut this much before its lead begins

-- Starts the clock. A start in the future becomes now.
local function begin(hold, started_at, now)
  local earliest = now - START_PAST_MAX_MS
  hold[H_STATE] = 'live'
  hold[H_STARTED] = math.max(earliest, math.min(started_at, now))
  hold[H_SEEN] = now
end

-- The talk time that every leg's money pays for, bounded by the longest call allowed.
local function cover_of(hold)
  local covered = hold[H_MAX]
  for _, leg in ipairs(hold[H_LEGS]) do
    covered = math.min(covered, covered_ms(leg, leg[L_HELD]))
  end
  return covered
end

-- What a leg may take for more cover, of the `wanted` that it is to cost. Scarce money is shared fairly:
-- a call's part is the wallet's spendable over its live calls, but never under one increment.
local function budget_of(hold, leg, wallet, wanted)
  if is_frozen(wallet) then return 0 end
  local free = math.max(0, spendable(wallet))
  local share = math.floor(free / math.max(1, wallet[W_LIVE]))
  if share >= wanted then return share end
  local increment = price_of(leg, hold[H_COVERED] + 1) - leg[L_HELD]
  return math.min(free, math.max(share, increment))
end

-- The talk time up to which the hold can be covered now, at most `target`. Money that pays for the target
-- covers it, so how far it goes is only asked of a leg whose budget does not.
local function reachable(hold, wallets, target)
  local reach = target
  for i, leg in ipairs(hold[H_LEGS]) do
    local wanted = price_of(leg, target) - leg[L_HELD]
    if wanted > 0 then
      local budget = budget_of(hold, leg, wallets[i], wanted)
      if budget < wanted then reach = math.min(reach, covered_ms(leg, leg[L_HELD] + budget)) end
    end
  end
  return math.max(reach, hold[H_COVERED])
end

-- Why the cover cannot grow beyond what it is, or '' if it can.
local function final_reason(hold, wallets)
  for i, leg in ipairs(hold[H_LEGS]) do
    local increment = price_of(leg, hold[H_COVERED] + 1) - leg[L_HELD]
    if increment > 0 then
      if is_frozen(wallets[i]) then return 'wallet_frozen' end
      if increment > spendable(wallets[i]) then return 'insufficient_funds' end
    end
  end
  return ''
end

-- Finality against `target`, the talk time that should be covered now.
local function finality(hold, wallets, target)
  if hold[H_COVERED] >= hold[H_MAX] then return 'max_duration' end
  if hold[H_COVERED] >= target then return '' end
  return final_reason(hold, wallets)
end

-- How much sooner this call ends than its money asks for: a wallet with many live calls would have
-- all of them pushed in one moment. Other calls of the wallet get what that leaves over.
local function spread_ms(hold, wallets)
  local live = 1
  for i = 1, #wallets do live = math.max(live, wallets[i][W_LIVE]) end
  local quarter = math.floor(math.max(0, hold[H_COVERED] - hold[H_POLICY][C_LEAD]) / 4)
  local most = math.min(SPREAD_MS_MAX, SPREAD_MS_PER_CALL * (live - 1), quarter)
  return hold[H_CREATED] % (most + 1)
end

-- When a final call must end: its lead before the paid time ends, at the longest duration exactly.
local function cutoff_at(hold, wallets)
  if hold[H_FINAL] == '' then return 0 end
  if hold[H_FINAL] == 'max_duration' then return covered_until(hold) end
  local spread = spread_ms(hold, wallets)
  return math.max(hold[H_STARTED], covered_until(hold) - hold[H_POLICY][C_LEAD] - spread)
end

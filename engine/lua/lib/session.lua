-- A call's clock and cover: when it started, how far it is paid, and when it must end.
-- @include price.lua
-- @include hold.lua

local START_PAST_MAX_MS = 43200000 -- a start is never taken further back than the longest call

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

-- What a leg may take for more cover. Scarce money is shared fairly: a call's part is the wallet's
-- spendable over its live calls, but never under one increment.
local function budget_of(hold, leg, wallet)
  if wallet[W_FROZEN] == 1 then return 0 end
  local free = math.max(0, spendable(wallet))
  local share = math.floor(free / math.max(1, wallet[W_LIVE]))
  local increment = price_of(leg, hold[H_COVERED] + 1) - leg[L_HELD]
  return math.min(free, math.max(share, increment))
end

-- The talk time up to which the hold can be covered now, at most `target`.
local function reachable(hold, wallets, target)
  local reach = target
  for i, leg in ipairs(hold[H_LEGS]) do
    if price_of(leg, target) > leg[L_HELD] then
      reach = math.min(reach, covered_ms(leg, leg[L_HELD] + budget_of(hold, leg, wallets[i])))
    end
  end
  return math.max(reach, hold[H_COVERED])
end

-- Why the cover cannot grow beyond what it is, or '' if it can.
local function final_reason(hold, wallets)
  for i, leg in ipairs(hold[H_LEGS]) do
    local increment = price_of(leg, hold[H_COVERED] + 1) - leg[L_HELD]
    if increment > 0 then
      if wallets[i][W_FROZEN] == 1 then return 'wallet_frozen' end
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

-- When a final call must end: its lead before the paid time ends, at the longest duration exactly.
local function cutoff_at(hold)
  if hold[H_FINAL] == '' then return 0 end
  if hold[H_FINAL] == 'max_duration' then return covered_until(hold) end
  return math.max(hold[H_STARTED], covered_until(hold) - hold[H_POLICY][C_LEAD])
end

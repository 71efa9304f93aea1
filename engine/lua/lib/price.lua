-- price(duration): one pure function, the same as engine/price.ts, property-tested against it.
-- Durations are integer ms. Rate <= 10^9 micros a minute, so no product passes 2^53.
-- @include layout_hold.lua
local MINUTE_MS = 60000
local MINUTES_MAX = 1000000000 -- about 1,900 years: past it a wallet can pay for ever
local FOREVER_MS = 9007199254740991 -- what a free call can afford

-- Price in micros of `ms` of talk; an unanswered or 0 ms call costs 0. What is billed is up to the
-- first increment, then in steps. Each step is of integers: Lua's floor and ceil cost more than the rest.
local function price_of(leg, ms)
  if ms <= 0 then return 0 end
  local initial, subsequent, rate, billed = leg[L_INITIAL], leg[L_SUBSEQUENT], leg[L_RATE], ms
  if initial > 0 and ms <= initial then
    billed = initial
  elseif initial > 0 then
    local begun = (ms - initial) % subsequent
    if begun > 0 then billed = ms - begun + subsequent end
  end
  local rest = billed % MINUTE_MS
  local part = rate * rest
  local over = part % MINUTE_MS
  local time = rate * ((billed - rest) / MINUTE_MS) + (part - over) / MINUTE_MS
  if over > 0 then time = time + 1 end
  return math.max(leg[L_MINIMUM], leg[L_FEE] + time)
end

-- The longest talk that `money` pays for: price_of(covered_ms(m)) <= m, and one ms more costs more.
local function covered_ms(leg, money)
  if price_of(leg, 1) > money then return 0 end
  if leg[L_RATE] == 0 then return FOREVER_MS end
  local budget = money - leg[L_FEE]
  local rest = math.fmod(budget, leg[L_RATE])
  local minutes = (budget - rest) / leg[L_RATE]
  if minutes > MINUTES_MAX then return FOREVER_MS end
  local paid = rest * MINUTE_MS
  local ms = minutes * MINUTE_MS + (paid - paid % leg[L_RATE]) / leg[L_RATE]
  local initial, subsequent = leg[L_INITIAL], leg[L_SUBSEQUENT]
  if initial == 0 then return ms end
  if ms < initial then return 0 end
  return ms - (ms - initial) % subsequent
end

local function is_free(leg)
  return leg[L_RATE] == 0 and leg[L_FEE] == 0 and leg[L_MINIMUM] == 0
end

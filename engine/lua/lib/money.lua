-- Money crosses the Lua border as decimal strings and is an exact integer inside (I9).
local MONEY_MAX = 9007199254740991

local function text(number)
  return string.format('%d', number)
end

local function in_range(number)
  return number <= MONEY_MAX and number >= -MONEY_MAX
end

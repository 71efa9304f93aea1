-- What a script reads it reads at once before it decides, and what it writes it writes at once after it
-- has decided: a command costs Redis more than the values it carries. `found.x` is the value at `keys.x`
-- when the script began; other kinds of key are found empty.
-- A list that has room for what it gets is not made anew as it grows: `nil` is room for one.
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }

-- The fields of a packed value, which follow its head of one byte: layouts of up to 15 fields have that.
-- A list that is filled one by one, as `unpack` does, is made anew at each doubling.
local FIELDS_MAX = 15
local function fields_of(packed)
  return { select(2, cmsgpack.unpack_limit(packed, FIELDS_MAX, 1)) }
end

-- A value to write at the end. A key is put once, and nothing is read back.
local function put(key, value)
  writes[#writes + 1], writes[#writes + 2] = key, value
end

local function write_all()
  redis.call('MSET', unpack(writes))
end

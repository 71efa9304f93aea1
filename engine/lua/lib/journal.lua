-- The journal: one stream entry per mutation, with the rows of all wallets it moved (I5, I6).
-- @include layout_journal.lua
-- @include wallet.lua

-- Moves one wallet and answers the row that says so. Nothing is written to Redis here.
local function move(wallet_id, wallet, kind, amount, held_delta, now)
  local before = spendable(wallet)
  wallet[W_POSTED] = wallet[W_POSTED] + amount
  wallet[W_HELD] = wallet[W_HELD] + held_delta
  wallet[W_SEQUENCE] = wallet[W_SEQUENCE] + 1
  wallet[W_UPDATED] = now
  local shortfall = shortfall_since(wallet, before)
  return { wallet_id, wallet[W_SEQUENCE], kind, amount, held_delta, shortfall, wallet }
end

-- Would the wallet's figures stay within 2^53-1 after this, and still when all its holds have ended?
-- So no end of a hold can be refused for what it releases. Each figure is exact once the ones before
-- it are in range.
local function fits(wallet, amount, held_delta)
  local posted, held = wallet[W_POSTED] + amount, wallet[W_HELD] + held_delta
  local floor = floor_of(wallet)
  return in_range(posted) and in_range(held) and in_range(floor) and in_range(posted - held)
    and in_range(posted - floor) and in_range(posted - held - floor)
end

-- Fields of a msgpack array follow its head and one another, so an entry is put together from values
-- that are packed already, and what is the same in every entry is there as it is packed. Each string that
-- is made on the way is hashed and kept by Lua, so the parts are joined at once.
local ENTRY_HEAD = '\159\1' -- 15 fields, of which the first is the version
local ROW_HEAD = '\151' -- 7 fields
local LIST_HEAD = 144 -- and the number of its items, up to 15
local NO_REQUEST = '\160\160\160\160'
local NO_HOLD = '\160\194' -- an empty id and false
local NO_ANSWER = '\144'

-- The entry, packed. Its wallets must be saved. `hold` is packed, nil if none is concerned; `answer` is
-- a list of figures. The request is the script's own, if it has one and `unasked` does not leave it out.
local function pack_entry(operation, now, organization_id, rows, hold, answer, unasked)
  local occurred_at = args.occurred_at_ms or 0
  if occurred_at == 0 then occurred_at = now end
  local request = NO_REQUEST
  if not unasked and (args.request_kind or '') ~= '' then
    request = cmsgpack.pack(args.request_kind or '', args.request_scope or '', args.request_key or '',
      args.fingerprint or '')
  end
  local moved = ''
  for i = 1, #rows do
    local row = rows[i]
    moved = moved .. ROW_HEAD .. cmsgpack.pack(row[R_WALLET], row[R_SEQUENCE], row[R_KIND],
      row[R_AMOUNT], row[R_HELD_DELTA], row[R_SHORTFALL]) .. packed_of[row[R_STATE]]
  end
  return ENTRY_HEAD .. cmsgpack.pack(args.mutation_id, operation, now, occurred_at, organization_id)
    .. request .. cmsgpack.pack(args.memo) .. string.char(LIST_HEAD + #rows) .. moved
    .. (hold and cmsgpack.pack(args.hold_id or nil) or NO_HOLD) .. (hold or '')
    .. (answer and cmsgpack.pack(answer) or NO_ANSWER)
end

-- Answers the id that the entry has in the journal.
local function append(entry)
  return redis.call('XADD', keys.journal, '*', 'e', entry)
end

-- The last step: the entry into the journal, and all that was put.
local function commit(entry)
  append(entry)
  write_all()
  return entry
end

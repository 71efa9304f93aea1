#!lua flags=allow-oom
--[[
settle: corrects a closed hold from stronger evidence; the difference is taken or given back. What a
refund gave back before stays given, and is not given back again.
Atomic because the difference is against what was taken last, and evidence only ever gets stronger.
Keys:
  partition, journal, due, hold
  legs[]: wallet
Args:
  mutation_id text, memo text, occurred_at_ms integer
  hold_id text, duration_ms integer, amount_micros integer, evidence integer, outcome text
Returns:
  recovering
  hold_not_found
  hold_open: hold hold
  unchanged: hold hold
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: adjustment, one row per leg whose amount differs; one of 0 on the first leg when none does, so
  that a Redis that lost it is seen to be behind
Upholds: I1 I3 I4 I5 I6
]]
-- @include lib/partition.lua
-- @include lib/legs.lua
-- @include lib/hold.lua
-- @include lib/price.lua
-- @include lib/journal.lua
-- @include lib/finals.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local hold = load_hold(found.hold)
if not hold then return { 'hold_not_found' } end
if is_open(hold) then return { 'hold_open', found.hold } end
if args.evidence <= hold[H_EVIDENCE] then return { 'unchanged', found.hold } end
local legs = hold[H_LEGS]
local wallets, missing = load_wallets(partition, hold)
if not wallets then return missing end
local now = partition[P_NOW]

-- What a leg has paid in the end, when `taken` is its price and a part of it was refunded.
local function paid(leg, taken)
  return math.max(0, taken - leg[L_REFUNDED])
end

-- Decide.
local taken, more, moves = {}, {}, false
for i, leg in ipairs(legs) do
  taken[i] = hold[H_KIND] == 'call' and price_of(leg, args.duration_ms) or args.amount_micros
  more[i] = paid(leg, taken[i]) - paid(leg, leg[L_CAPTURED])
  if more[i] ~= 0 then moves = true end
  local fit = fits(wallets[i], 0 - more[i], 0)
  if not fit then return { 'balance_out_of_range', leg[L_WALLET] } end
end

-- Write.
local rows = {}
for i, leg in ipairs(legs) do
  if more[i] ~= 0 or (i == 1 and not moves) then
    local before = spendable(wallets[i])
    local row = move(leg[L_WALLET], wallets[i], 'adjustment', 0 - more[i], 0, now)
    rows[#rows + 1] = row
    -- What is given back makes up the shortfall first.
    leg[L_SHORTFALL] = math.max(0, leg[L_SHORTFALL] + row[R_SHORTFALL] + math.min(0, more[i]))
    save_wallet(keys.legs[i].wallet, wallets[i])
    wake(leg[L_WALLET], wallets[i], before, now)
  end
  leg[L_CAPTURED] = taken[i]
end
hold[H_STATE] = 'captured'
hold[H_USED] = args.duration_ms
hold[H_EVIDENCE] = args.evidence
hold[H_ESTIMATED] = 0
if args.outcome ~= '' then hold[H_OUTCOME] = args.outcome end
hold[H_REVISION] = hold[H_REVISION] + 1
save_clock(partition)
local packed = save_hold(hold)
local entry = pack_entry('settle', now, hold[H_ORGANIZATION], rows, packed)
return commit(entry)

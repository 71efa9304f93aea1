--[[
authorize: opens a hold over 1-4 legs, all of them or none.
Atomic because the check of every wallet, the hold, the due entry, the journal and the answer of a
retry must be one step: between any two of them another call could spend the same money.
Keys:
  partition, journal, request, due, hold
  legs[]: wallet
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  organization_id text, hold_id text, kind text, call_id text, has_provider flag
  ttl_ms integer, max_duration_ms integer, cap_floor_ms integer, unbilled flag
  minimum_ms integer, quantum_ms integer, warn_ms integer, lead_ms integer
  ring_ms integer, heartbeat_ms integer, end_message_ms integer
  legs[]: wallet_id text, role text, amount_micros integer, rate_micros_per_minute integer, initial_ms integer, subsequent_ms integer, connection_fee_micros integer, minimum_micros integer
Returns:
  recovering
  idempotency_conflict
  replayed: reply
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  hold_exists: hold hold
  wallet_frozen: wallet_id text
  too_many_live_calls: wallet_id text, live_calls integer, max_live_calls integer
  insufficient_funds: wallet_id text, role text, required_micros integer, spendable_micros integer, held_micros integer
  balance_out_of_range: wallet_id text
  done: entry entry
Emits: hold, one row per leg; answer = { affordable ms, -1 when free }
Upholds: I2 I3 I4 I5 I6 I8 I9 I10
]]
-- @include lib/partition.lua
-- @include lib/legs.lua
-- @include lib/session.lua
-- @include lib/journal.lua
-- @include lib/request.lua

local partition = open_partition(found.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(partition)
if replay then return replay end
local wallets, missing = load_wallets(partition)
if not wallets then return missing end
local asked = ask_ledger(partition, wallets)
if asked then return asked end
if found.hold then return { 'hold_exists', found.hold } end

-- Decide.
local now = partition[P_NOW]
local is_call = args.kind == 'call'
local billed = args.unbilled == 0
for i = 1, #wallets do
  if billed and is_frozen(wallets[i]) then
    return refuse({ 'wallet_frozen', args.legs[i].wallet_id })
  end
end
for i = 1, #wallets do
  local wallet = wallets[i]
  local cap = wallet[W_MAX_LIVE]
  if billed and is_call and cap > 0 and wallet[W_LIVE] >= cap then
    return refuse({ 'too_many_live_calls', args.legs[i].wallet_id, text(wallet[W_LIVE]), text(cap) })
  end
end

local minimum_ms, cap_floor_ms = args.minimum_ms, args.cap_floor_ms
local quantum_ms, max_duration_ms = args.quantum_ms, args.max_duration_ms
local least = math.max(minimum_ms, cap_floor_ms)
local legs = { nil }
for i = 1, #args.legs do
  local leg = { args.legs[i].wallet_id, args.legs[i].role, 0, 0, 0,
    args.legs[i].rate_micros_per_minute, args.legs[i].initial_ms, args.legs[i].subsequent_ms,
    args.legs[i].connection_fee_micros, args.legs[i].minimum_micros, 0 }
  legs[i] = leg
  -- A leg passes if it asks for nothing or for no more than the wallet may spend.
  local required = is_call and price_of(leg, least) or args.legs[i].amount_micros
  if required > 0 and required > spendable(wallets[i]) then
    return refuse({ 'insufficient_funds', leg[L_WALLET], leg[L_ROLE], text(required),
      text(spendable(wallets[i])), text(wallets[i][W_HELD]) })
  end
end

local affordable = -1
if is_call then
  local grant = math.min(quantum_ms, max_duration_ms)
  for i = 1, #legs do
    if not is_free(legs[i]) then
      local payable = covered_ms(legs[i], math.max(0, spendable(wallets[i])))
      affordable = affordable < 0 and payable or math.min(affordable, payable)
      grant = math.min(grant, payable)
    end
  end
  for i = 1, #legs do legs[i][L_HELD] = price_of(legs[i], grant) end
else
  for i = 1, #legs do legs[i][L_HELD] = args.legs[i].amount_micros end
end
for i = 1, #legs do
  local fit = fits(wallets[i], 0, legs[i][L_HELD])
  if not fit then
    return refuse({ 'balance_out_of_range', legs[i][L_WALLET] })
  end
end

-- Write.
local ttl = args.ttl_ms
local hold = { 'authorized', 1, args.organization_id, args.kind, args.call_id, now, 0, 0, '', 0,
  ttl > 0 and now + ttl or 0, now, max_duration_ms,
  { minimum_ms, quantum_ms, args.warn_ms, args.lead_ms, args.ring_ms,
    args.heartbeat_ms, args.end_message_ms }, args.has_provider, 0, 0, 0, 0, '', legs }
if is_call then
  hold[H_COVERED] = cover_of(hold)
end
local rows = { nil }
for i = 1, #legs do
  local leg, wallet = legs[i], wallets[i]
  if is_call then wallet[W_LIVE] = wallet[W_LIVE] + 1 end
  rows[i] = move(leg[L_WALLET], wallet, 'hold', 0, leg[L_HELD], now)
  save_wallet(keys.legs[i].wallet, wallet)
end
schedule(hold, now)
save_clock(partition)
local packed = save_hold(hold)
local entry = pack_entry('authorize', now, args.organization_id, rows, packed, { affordable })
return commit_answer(entry)

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
-- @bind

local function refused(reply)
  return refuse(keys.request, args.request_kind, args.fingerprint, reply)
end

local function short_of(i, required, spendable_now, wallet)
  return refused({ 'insufficient_funds', args.legs[i].wallet_id, args.legs[i].role, text(required),
    text(spendable_now), text(wallet[W_HELD]) })
end

local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(keys.request, args.fingerprint)
if replay then return replay end
local wallets, missing = load_wallets(partition, keys.legs, function(i) return args.legs[i].wallet_id end)
if not wallets then return missing end
local asked = ask_ledger(partition, wallets, args)
if asked then return asked end
local existing = load_hold(keys.hold)
if existing then return { 'hold_exists', cmsgpack.pack(existing) } end

-- Decide.
local now = partition[P_NOW]
local is_call = args.kind == 'call'
local billed = args.unbilled == 0
for i, wallet in ipairs(wallets) do
  if billed and is_frozen(wallet) then
    return refused({ 'wallet_frozen', args.legs[i].wallet_id })
  end
end
for i, wallet in ipairs(wallets) do
  local cap = wallet[W_MAX_LIVE]
  if billed and is_call and cap > 0 and wallet[W_LIVE] >= cap then
    return refused({ 'too_many_live_calls', args.legs[i].wallet_id, text(wallet[W_LIVE]),
      text(cap) })
  end
end

local legs = {}
for i, leg in ipairs(args.legs) do
  legs[i] = { leg.wallet_id, leg.role, 0, 0, 0, leg.rate_micros_per_minute, leg.initial_ms,
    leg.subsequent_ms, leg.connection_fee_micros, leg.minimum_micros, 0 }
end

-- A leg passes if it asks for nothing or for no more than the wallet may spend.
local function short_leg(required)
  for i, wallet in ipairs(wallets) do
    local need = required(i)
    if need > 0 and need > spendable(wallet) then return i, need end
  end
end

local affordable = -1
if is_call then
  local least = math.max(args.minimum_ms, args.cap_floor_ms)
  local short, need = short_leg(function(i) return price_of(legs[i], least) end)
  if short then return short_of(short, need, spendable(wallets[short]), wallets[short]) end
  local grant = math.min(args.quantum_ms, args.max_duration_ms)
  for i, leg in ipairs(legs) do
    if not is_free(leg) then
      local payable = covered_ms(leg, math.max(0, spendable(wallets[i])))
      affordable = affordable < 0 and payable or math.min(affordable, payable)
      grant = math.min(grant, payable)
    end
  end
  for _, leg in ipairs(legs) do leg[L_HELD] = price_of(leg, grant) end
else
  local short, need = short_leg(function(i) return args.legs[i].amount_micros end)
  if short then return short_of(short, need, spendable(wallets[short]), wallets[short]) end
  for i, leg in ipairs(args.legs) do legs[i][L_HELD] = leg.amount_micros end
end
for i, leg in ipairs(legs) do
  if not fits(wallets[i], 0, leg[L_HELD]) then
    return refused({ 'balance_out_of_range', leg[L_WALLET] })
  end
end

-- Write.
local hold = { 'authorized', 1, args.organization_id, args.kind, args.call_id, now, 0, 0, '', 0,
  args.ttl_ms > 0 and now + args.ttl_ms or 0, now, args.max_duration_ms,
  { args.minimum_ms, args.quantum_ms, args.warn_ms, args.lead_ms, args.ring_ms,
    args.heartbeat_ms, args.end_message_ms }, args.has_provider, 0, 0, 0, 0, '', legs }
if is_call then hold[H_COVERED] = cover_of(hold) end
local rows = {}
for i, leg in ipairs(legs) do
  if is_call then wallets[i][W_LIVE] = wallets[i][W_LIVE] + 1 end
  rows[i] = move(leg[L_WALLET], wallets[i], 'hold', 0, leg[L_HELD], now)
  save_wallet(keys.legs[i].wallet, wallets[i])
end
save_hold(keys.hold, hold)
schedule(keys.due, args.hold_id, hold, now)
save_partition(keys.partition, partition)
local entry = pack_entry('authorize', now, args, args.organization_id, rows, args.hold_id, hold,
  { affordable })
append(keys.journal, entry)
return remember(keys.request, args.fingerprint, { 'done', entry })

-- Idempotency: the answer is stored by the script that has the effect (I8).
-- A record is the msgpack array { fingerprint, reply }.
-- @include layout_partition.lua
-- @include layout_wallet.lua
-- @include money.lua

-- What an earlier request under this key was told: the reply to give again, or nil if there was none.
local function replay_of(request_key, fingerprint)
  if fingerprint == '' then return nil end
  local packed = redis.call('GET', request_key)
  if not packed then return nil end
  local record = cmsgpack.unpack(packed)
  if record[1] ~= fingerprint then return { 'idempotency_conflict' } end
  local reply = { 'replayed' }
  for i = 1, #record[2] do reply[i + 1] = record[2][i] end
  return reply
end

-- A key that Redis does not know may still be known to the ledger: after a recovery or a load (the
-- ledger must be asked), or, for keys that are unique for ever, once hot records have begun to expire
-- (a call may go on if the ledger is away). What it said counts for one load epoch: after a recovery
-- it may know of more. Answers the reply that says so, or nil.
local function ask_ledger(partition, wallets, args)
  local epoch = partition[P_LOAD_EPOCH]
  if args.fingerprint == '' or args.checked_epoch == epoch then return nil end
  local now = partition[P_NOW]
  local rebuilt = partition[P_CHECK_UNTIL] > now
  for i = 1, #wallets do rebuilt = rebuilt or wallets[i][W_CHECK_UNTIL] > now end
  if rebuilt then return { 'ask_ledger', '1', text(epoch) } end
  if args.request_kind ~= 'request' and partition[P_FORGETS] <= now then
    return { 'ask_ledger', '0', text(epoch) }
  end
  return nil
end

-- Remembers a reply. It gets no expiry here: nothing that is not yet in Postgres has one (I14).
local function remember(request_key, fingerprint, reply)
  if fingerprint ~= '' then
    redis.call('SET', request_key, cmsgpack.pack({ fingerprint, reply }))
  end
  return reply
end

-- A refusal is remembered under an explicit Idempotency-Key only; it has no effect to protect, so it
-- may expire at once. Under a natural key a retry decides afresh.
local REFUSAL_TTL_MS = 86400000
local function refuse(request_key, kind, fingerprint, reply)
  if fingerprint ~= '' and kind == 'request' then
    redis.call('SET', request_key, cmsgpack.pack({ fingerprint, reply }), 'PX', REFUSAL_TTL_MS)
  end
  return reply
end

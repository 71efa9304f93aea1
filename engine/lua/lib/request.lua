-- Idempotency: what a key was told is stored by the script that has the effect (I8).
-- A record is a run of msgpack values: the fingerprint, then a refusal as it was given, or `done` and the
-- id of the journal entry that is the answer: kept once, and in the ledger when it has been trimmed.
-- @include layout_partition.lua
-- @include layout_wallet.lua
-- @include money.lua
-- @include store.lua
-- @include journal.lua

-- What an earlier request under this key was told: the reply to give again, or nil if there was none.
local function replay_of(partition)
  if args.fingerprint == '' or not found.request then return nil end
  local record = { cmsgpack.unpack(found.request) }
  if record[1] ~= args.fingerprint then return { 'idempotency_conflict' } end
  record[1] = 'replayed'
  if record[2] ~= 'done' then return record end
  local items = redis.call('XRANGE', keys.journal, record[3], record[3])
  if not items[1] then return { 'ask_ledger', '1', text(partition[P_LOAD_EPOCH]) } end
  record[3] = items[1][2][2]
  return record
end

-- A key that Redis does not know may still be known to the ledger: after a recovery or a load (the
-- ledger must be asked), or, for keys that are unique for ever, once hot records have begun to expire
-- (a call may go on if the ledger is away). What it said counts for one load epoch: after a recovery
-- it may know of more. Answers the reply that says so, or nil.
local function ask_ledger(partition, wallets)
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

-- The last step under a key: as `commit`, and the entry is remembered as the answer. The record gets no
-- expiry here: nothing that is not yet in Postgres has one (I14).
local function commit_answer(entry)
  local id = append(entry)
  if args.fingerprint ~= '' then
    put(keys.request, cmsgpack.pack(args.fingerprint, 'done', id))
  end
  write_all()
  return entry
end

-- A refusal is remembered under an explicit Idempotency-Key only; it has no effect to protect, so it
-- may expire at once. Under a natural key a retry decides afresh.
local REFUSAL_TTL_MS = 86400000
local function refuse(reply)
  if args.fingerprint ~= '' and args.request_kind == 'request' then
    local record = cmsgpack.pack(args.fingerprint, unpack(reply))
    redis.call('SET', keys.request, record, 'PX', REFUSAL_TTL_MS)
  end
  return reply
end

#!lua flags=allow-oom
--[[
void: ends a hold and takes nothing.
Atomic because a hold ends once: capture, void and expire race, and the loser is told who won.
Keys:
  partition, journal, request, due, hold
  legs[]: wallet, final
Args:
  mutation_id text, memo text, occurred_at_ms integer
  request_kind text, request_scope text, request_key text, fingerprint text, checked_epoch integer
  hold_id text, evidence integer, outcome text
Returns:
  recovering
  idempotency_conflict
  replayed: reply
  hold_not_found
  wallet_not_loaded: load_epoch integer, now_ms integer, wallet_ids ids
  ask_ledger: must flag, load_epoch integer
  hold_closed: hold hold
  done: entry entry
Emits: hold_release, one row per leg
Upholds: I2 I4 I5 I6 I8
]]
-- @include lib/open_hold.lua
-- @include lib/journal.lua
-- @include lib/request.lua
-- @include lib/finals.lua
-- @include lib/close.lua

local hold, wallets, partition = open_hold()
if not hold and wallets[1] == 'recovering' then return wallets end
local replay = replay_of(partition)
if replay then return replay end
if not hold and wallets[1] ~= 'hold_closed' then return wallets end
local asked = ask_ledger(partition, hold and wallets or {})
if asked then return asked end
if not hold then return refuse(wallets) end
local now = partition[P_NOW]

-- Decide.
local nothing = {}
for i = 1, #wallets do nothing[i] = 0 end
local before = spendables(wallets)
local rows = close(hold, wallets, nothing, 'hold_release', 'voided', now)
if not rows then return redis.error_reply('BUG a release left the range of money') end
hold[H_EVIDENCE] = args.evidence
hold[H_OUTCOME] = args.outcome

-- Write.
local packed = save_closed(hold, wallets, before, now)
save_clock(partition)
local entry = pack_entry('void', now, hold[H_ORGANIZATION], rows, packed)
return commit_answer(entry)

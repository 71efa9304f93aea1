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
-- @bind

local replay = replay_of(keys.request, args.fingerprint)
local opened, refusal, partition = open_hold(keys)
if refusal and refusal[1] == 'recovering' then return refusal end
if replay then return replay end
if not opened then
  if refusal[1] ~= 'hold_closed' then return refusal end
  return ask_ledger(partition, {}, args)
    or refuse(keys.request, args.request_kind, args.fingerprint, refusal)
end
local hold, wallets, now = opened.hold, opened.wallets, opened.partition[P_NOW]
local asked = ask_ledger(opened.partition, wallets, args)
if asked then return asked end

-- Decide.
local nothing = {}
for i = 1, #wallets do nothing[i] = 0 end
local before = spendables(wallets)
local rows = close(hold, wallets, nothing, 'hold_release', 'voided', now)
if not rows then return redis.error_reply('BUG a release left the range of money') end
hold[H_EVIDENCE] = args.evidence
hold[H_OUTCOME] = args.outcome

-- Write.
save_closed(keys, args.hold_id, hold, wallets, before, now)
save_partition(keys.partition, opened.partition)
local entry = pack_entry('void', now, args, hold[H_ORGANIZATION], rows, args.hold_id, hold)
append(keys.journal, entry)
return remember(keys.request, args.fingerprint, { 'done', entry })

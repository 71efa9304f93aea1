// Generated from engine/lua by `npm run generate`. Do not edit.

import { type JournalEntry, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface TransferKeys {
  readonly partition: string;
  readonly journal: string;
  readonly request: string;
  readonly due: string;
  readonly from: string;
  readonly to: string;
}

export interface TransferArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly occurredAtMs: number;
  readonly requestKind: string;
  readonly requestScope: string;
  readonly requestKey: string;
  readonly fingerprint: string;
  readonly checkedEpoch: number;
  readonly organizationId: string;
  readonly fromWalletId: string;
  readonly toWalletId: string;
  readonly amountMicros: number;
}

export type TransferReply =
  | { readonly status: 'recovering'; readonly replayed: boolean }
  | { readonly status: 'idempotency_conflict'; readonly replayed: boolean }
  | { readonly status: 'wallet_not_loaded'; readonly replayed: boolean; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'ask_ledger'; readonly replayed: boolean; readonly must: boolean; readonly loadEpoch: number }
  | { readonly status: 'wallet_frozen'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'insufficient_funds'; readonly replayed: boolean; readonly walletId: string; readonly role: string; readonly requiredMicros: number; readonly spendableMicros: number; readonly heldMicros: number }
  | { readonly status: 'balance_out_of_range'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'done'; readonly replayed: boolean; readonly entry: JournalEntry };

function readTransferReply(reply: readonly Buffer[]): TransferReply {
  const first = reply[0]?.toString() ?? '';
  const replayed = first === 'replayed';
  const values = replayed ? reply.slice(1) : reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status, replayed };
    case 'idempotency_conflict':
      return { status, replayed };
    case 'wallet_not_loaded':
      return { status, replayed, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'ask_ledger':
      return { status, replayed, must: integerOf(values, 1) === 1, loadEpoch: integerOf(values, 2) };
    case 'wallet_frozen':
      return { status, replayed, walletId: textOf(values, 1) };
    case 'insufficient_funds':
      return { status, replayed, walletId: textOf(values, 1), role: textOf(values, 2), requiredMicros: integerOf(values, 3), spendableMicros: integerOf(values, 4), heldMicros: integerOf(values, 5) };
    case 'balance_out_of_range':
      return { status, replayed, walletId: textOf(values, 1) };
    case 'done':
      return { status, replayed, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('transfer', status);
  }
}

/** moves money between two wallets of one partition. Atomic because both wallets move or neither does. */
export const transferScript: Script<TransferKeys, TransferArgs, TransferReply> = {
  name: 'transfer',
  sha: 'f6b0f1ba99094b8c07fdafbb88ebeb48f78e46fb',
  keys: (k) => [k.partition, k.journal, k.request, k.due, k.from, k.to],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.fromWalletId, a.toWalletId, a.amountMicros],
  reply: readTransferReply,
  source: `local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local MONEY_MAX = 9007199254740991
local function text(number)
  return string.format('%d', number)
end
local function in_range(number)
  return number <= MONEY_MAX and number >= -MONEY_MAX
end
local function open_partition(partition_key)
  local packed = redis.call('GET', partition_key)
  if not packed then return nil end
  local partition = cmsgpack.unpack(packed)
  if partition[P_OPEN] ~= 1 then return nil end
  local now = partition[P_TEST_NOW]
  if now == 0 then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  if now > partition[P_NOW] then partition[P_NOW] = now end
  return partition
end
local function not_loaded(partition, wallet_ids)
  return { 'wallet_not_loaded', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]),
    unpack(wallet_ids) }
end
local function save_partition(partition_key, partition)
  redis.call('SET', partition_key, cmsgpack.pack(partition))
end
local W_POSTED = 1 -- postedMicros: micros; what the ledger says the wallet holds
local W_HELD = 2 -- heldMicros: micros; the sum of its open holds, >= 0
local W_CREDIT = 3 -- creditLimitMicros: micros; how far below 0 it may go, >= 0
local W_CUTOFF = 4 -- cutoffThresholdMicros: micros; the reserve under which calls stop, >= 0
local W_SEQUENCE = 5 -- sequence: integer; mutations of this wallet so far, contiguous
local W_FROZEN = 6 -- frozen: flag; an operator froze it: no new holds and charges
local W_LIVE = 7 -- liveCalls: integer; open call holds
local W_MAX_LIVE = 8 -- maxLiveCalls: integer; cap on liveCalls, 0 = none
local W_LOW = 9 -- lowBalanceThresholdMicros: micros; level LOW at or under this, 0 = none
local W_FINALS = 10 -- finalCalls: integer; open call holds that money ran short for
local W_CHECK_UNTIL = 11 -- checkLedgerUntilMs: integer; until then unknown keys are looked up in the ledger
local W_UPDATED = 12 -- updatedAtMs: integer; when its last mutation was made
local W_QUARANTINED = 13 -- quarantined: flag; its ledger is in doubt: no new holds and charges either
local function load_wallet(wallet_key)
  local packed = redis.call('GET', wallet_key)
  return packed and cmsgpack.unpack(packed) or nil
end
local function save_wallet(wallet_key, wallet)
  redis.call('SET', wallet_key, cmsgpack.pack(wallet))
end
local function available(wallet)
  return wallet[W_POSTED] - wallet[W_HELD]
end
local function floor_of(wallet)
  return wallet[W_CUTOFF] - wallet[W_CREDIT]
end
local function spendable(wallet)
  return available(wallet) - floor_of(wallet)
end
local function is_frozen(wallet)
  return wallet[W_FROZEN] == 1 or wallet[W_QUARANTINED] == 1
end
local function shortfall_since(wallet, before)
  local under = math.max(0, -spendable(wallet))
  return math.max(0, under - math.max(0, -before))
end
local R_WALLET = 1 -- walletId: text; the wallet moved
local R_SEQUENCE = 2 -- sequence: integer; its sequence after this row
local R_KIND = 3 -- kind: text; the ledger entry's kind
local R_AMOUNT = 4 -- amountMicros: micros; signed effect on posted
local R_HELD_DELTA = 5 -- heldDeltaMicros: micros; signed effect on held
local R_SHORTFALL = 6 -- shortfallMicros: micros; how far this row took spendable under zero
local R_STATE = 7 -- wallet: WalletState; the wallet after this row
local E_VERSION = 1 -- version: integer; of this layout
local E_MUTATION = 2 -- mutationId: text; ULID of the mutation
local E_OPERATION = 3 -- operation: text; the script that made it
local E_AT = 4 -- atMs: integer; Ringfence's clock
local E_OCCURRED = 5 -- occurredAtMs: integer; the time of the event it records
local E_ORGANIZATION = 6 -- organizationId: text; on whose behalf
local E_REQUEST_KIND = 7 -- requestKind: text; request, call, payment_intent, ... or empty
local E_REQUEST_SCOPE = 8 -- requestScope: text; the organization or root the key belongs to
local E_REQUEST_KEY = 9 -- requestKey: text; the key itself
local E_FINGERPRINT = 10 -- fingerprint: text; of the request's body
local E_MEMO = 11 -- memo: text; JSON of labels, not read by the engine
local E_ROWS = 12 -- rows: JournalRow[]; one per wallet moved, in leg order
local E_HOLD_ID = 13 -- holdId: text; empty if no hold is concerned
local E_HOLD = 14 -- hold: HoldState?; the hold after the mutation
local E_ANSWER = 15 -- answer: integer[]; figures the answer needs beside the rows
local function move(wallet_id, wallet, kind, amount, held_delta, now)
  local before = spendable(wallet)
  wallet[W_POSTED] = wallet[W_POSTED] + amount
  wallet[W_HELD] = wallet[W_HELD] + held_delta
  wallet[W_SEQUENCE] = wallet[W_SEQUENCE] + 1
  wallet[W_UPDATED] = now
  return { wallet_id, wallet[W_SEQUENCE], kind, amount, held_delta,
    shortfall_since(wallet, before), wallet }
end
local function fits(wallet, amount, held_delta)
  local posted, held = wallet[W_POSTED] + amount, wallet[W_HELD] + held_delta
  local floor = floor_of(wallet)
  return in_range(posted) and in_range(held) and in_range(floor) and in_range(posted - held)
    and in_range(posted - floor) and in_range(posted - held - floor)
end
local function pack_entry(operation, now, args, organization_id, rows, hold_id, hold, answer)
  local occurred_at = args.occurred_at_ms or 0
  return cmsgpack.pack({ 1, args.mutation_id, operation, now, occurred_at > 0 and occurred_at or now,
    organization_id, args.request_kind or '', args.request_scope or '', args.request_key or '',
    args.fingerprint or '', args.memo or '{}', rows, hold_id or '', hold or false, answer or {} })
end
local function append(journal_key, packed)
  redis.call('XADD', journal_key, '*', 'e', packed)
end
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
local function remember(request_key, fingerprint, reply)
  if fingerprint ~= '' then
    redis.call('SET', request_key, cmsgpack.pack({ fingerprint, reply }))
  end
  return reply
end
local REFUSAL_TTL_MS = 86400000
local function refuse(request_key, kind, fingerprint, reply)
  if fingerprint ~= '' and kind == 'request' then
    redis.call('SET', request_key, cmsgpack.pack({ fingerprint, reply }), 'PX', REFUSAL_TTL_MS)
  end
  return reply
end
local C_MINIMUM = 1 -- minimumMs: integer; what the wallet must be able to pay before a call starts
local C_QUANTUM = 2 -- quantumMs: integer; how far the hold is kept ahead of the clock
local C_WARN = 3 -- warnMs: integer; how long before the cutoff the warning comes
local C_LEAD = 4 -- leadMs: integer; how long before the paid time ends the call is cut off
local C_RING = 5 -- ringMs: integer; how long a call may ring
local C_HEARTBEAT = 6 -- heartbeatMs: integer; how long a call lives without a sign of life
local C_END_MESSAGE = 7 -- endMessageMs: integer; how long before the cutoff its last words begin, 0 = none
local L_WALLET = 1 -- walletId: text; the wallet that pays
local L_ROLE = 2 -- role: text; client, agency, ...
local L_HELD = 3 -- heldMicros: micros; set aside now (0 once closed)
local L_CAPTURED = 4 -- capturedMicros: micros; the price of what was used, once the hold has ended
local L_SHORTFALL = 5 -- shortfallMicros: micros; how much of it went under the wallet's floor
local L_RATE = 6 -- rateMicrosPerMinute: micros; the pinned price
local L_INITIAL = 7 -- initialMs: integer; first increment, 0 = exact
local L_SUBSEQUENT = 8 -- subsequentMs: integer; later increments, 0 = exact
local L_FEE = 9 -- connectionFeeMicros: micros; once per answered call
local L_MINIMUM = 10 -- minimumMicros: micros; least price of an answered call
local L_REFUNDED = 11 -- refundedMicros: micros; what refunds have given back of it
local H_STATE = 1 -- state: text; authorized, live, captured, voided or expired
local H_REVISION = 2 -- revision: integer; journalled changes of this hold so far
local H_ORGANIZATION = 3 -- organizationId: text; whose hold it is
local H_KIND = 4 -- kind: text; call or amount
local H_CALL = 5 -- callId: text; the caller's own id, empty for an amount hold
local H_CREATED = 6 -- createdAtMs: integer; when it was authorized
local H_STARTED = 7 -- startedAtMs: integer; when the call was answered, 0 = not yet
local H_COVERED = 8 -- coveredMs: integer; the talk time that the money held pays for
local H_FINAL = 9 -- finalReason: text; why covered time stopped growing, empty while it grows
local H_CUTOFF = 10 -- cutoffAtMs: integer; when the call must end, 0 = not decided
local H_EXPIRES = 11 -- expiresAtMs: integer; end of an amount hold's time to live, 0 = none
local H_SEEN = 12 -- lastSeenAtMs: integer; last proof of life
local H_MAX = 13 -- maxDurationMs: integer; longest talk time allowed
local H_POLICY = 14 -- policy: HoldPolicy; pinned at authorize
local H_PROVIDER = 15 -- hasProvider: flag; a provider can be asked whether the call lives
local H_ESTIMATED = 16 -- estimated: flag; its start or end was inferred, not reported
local H_EVIDENCE = 17 -- evidence: integer; 0 none, 1 clock, 2 caller, 3 own account, 4 agency's account, 5 provider webhook, 6 provider record
local H_USED = 18 -- usedMs: integer; talk time charged
local H_CLOSED = 19 -- closedAtMs: integer; when it ended, 0 = open
local H_OUTCOME = 20 -- outcome: text; completed, voicemail, no_answer, failed or empty
local H_LEGS = 21 -- legs: Leg[]; the wallets that pay, the client first
local EXTEND_AGAIN_MS = 250 -- least time between two extensions of one call by the enforcer
local ARM_AHEAD_MS = 5000 -- an enforcer takes a call in hand this long before it has to act on it
local BEHIND_MS = 250 -- what that enforcer did not do by then is due for any other
local CUTOFF_AGAIN_MS = 2000 -- a call past its cutoff whose enforcer died is taken over after this
local function load_hold(hold_key)
  local packed = redis.call('GET', hold_key)
  return packed and cmsgpack.unpack(packed) or nil
end
local function save_hold(hold_key, hold)
  redis.call('SET', hold_key, cmsgpack.pack(hold))
end
local function is_open(hold)
  return hold[H_STATE] == 'authorized' or hold[H_STATE] == 'live'
end
local function covered_until(hold)
  return hold[H_STARTED] + hold[H_COVERED]
end
local function silent_until(hold)
  return hold[H_SEEN] + hold[H_POLICY][C_HEARTBEAT]
end
local function extend_ahead_ms(policy)
  local quantum = policy[C_QUANTUM]
  local wanted = math.max(math.floor(quantum / 2), policy[C_WARN] + policy[C_LEAD])
  return math.min(math.floor(quantum * 3 / 4), wanted)
end
local function final_due(hold, now)
  local policy, cutoff = hold[H_POLICY], hold[H_CUTOFF]
  if now >= cutoff then return now + CUTOFF_AGAIN_MS end
  local due = cutoff + BEHIND_MS
  local words = cutoff - policy[C_END_MESSAGE]
  if now < words then due = words + BEHIND_MS end
  if now < words - ARM_AHEAD_MS then due = words - ARM_AHEAD_MS end
  local warning = cutoff - policy[C_WARN]
  if policy[C_WARN] > 0 and now < warning then due = math.min(due, warning) end
  return due
end
local function next_due(hold, now)
  local policy = hold[H_POLICY]
  if hold[H_KIND] == 'amount' then
    return hold[H_EXPIRES] > 0 and hold[H_EXPIRES] or nil
  end
  if hold[H_STATE] == 'authorized' then return hold[H_CREATED] + policy[C_RING] end
  local due
  if hold[H_FINAL] == '' then
    due = math.max(now + EXTEND_AGAIN_MS, covered_until(hold) - extend_ahead_ms(policy))
  else
    due = final_due(hold, now)
  end
  if hold[H_PROVIDER] == 0 then due = math.min(due, silent_until(hold)) end
  return due
end
local function schedule(due_key, hold_id, hold, now, newly_final)
  local due = is_open(hold) and next_due(hold, now) or nil
  if due and newly_final then due = now end
  if due then
    redis.call('ZADD', due_key, text(due), hold_id)
  else
    redis.call('ZREM', due_key, hold_id)
  end
end
local function wake(due_key, wallet_id, wallet, before, now)
  if wallet[W_FINALS] > 0 and spendable(wallet) > before then
    redis.call('ZADD', due_key, text(now), wallet_id)
  end
end
local function mark_final(final_key, hold_id, hold, wallet, was_final, is_final)
  if is_final then
    redis.call('ZADD', final_key, text(covered_until(hold)), hold_id)
    if not was_final then wallet[W_FINALS] = wallet[W_FINALS] + 1 end
  elseif was_final then
    redis.call('ZREM', final_key, hold_id)
    wallet[W_FINALS] = wallet[W_FINALS] - 1
  end
end
local keys = { partition = KEYS[1], journal = KEYS[2], request = KEYS[3], due = KEYS[4], from = KEYS[5], to = KEYS[6] }
local args = { mutation_id = ARGV[1], memo = ARGV[2], occurred_at_ms = tonumber(ARGV[3]), request_kind = ARGV[4], request_scope = ARGV[5], request_key = ARGV[6], fingerprint = ARGV[7], checked_epoch = tonumber(ARGV[8]), organization_id = ARGV[9], from_wallet_id = ARGV[10], to_wallet_id = ARGV[11], amount_micros = tonumber(ARGV[12]) }
local function refused(reply)
  return refuse(keys.request, args.request_kind, args.fingerprint, reply)
end
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(keys.request, args.fingerprint)
if replay then return replay end
if keys.from == keys.to then return redis.error_reply('BUG a transfer to the same wallet') end
local from, to = load_wallet(keys.from), load_wallet(keys.to)
local absent = {}
if not from then absent[1] = args.from_wallet_id end
if not to then absent[#absent + 1] = args.to_wallet_id end
if #absent > 0 then return not_loaded(partition, absent) end
local asked = ask_ledger(partition, { from, to }, args)
if asked then return asked end
local now, amount = partition[P_NOW], args.amount_micros
if is_frozen(from) then return refused({ 'wallet_frozen', args.from_wallet_id }) end
if amount > spendable(from) then
  return refused({ 'insufficient_funds', args.from_wallet_id, 'from', text(amount),
    text(spendable(from)), text(from[W_HELD]) })
end
if not fits(from, -amount, 0) then return refused({ 'balance_out_of_range', args.from_wallet_id }) end
if not fits(to, amount, 0) then return refused({ 'balance_out_of_range', args.to_wallet_id }) end
local before = spendable(to)
local rows = { move(args.from_wallet_id, from, 'transfer', -amount, 0, now),
  move(args.to_wallet_id, to, 'transfer', amount, 0, now) }
save_wallet(keys.from, from)
save_wallet(keys.to, to)
wake(keys.due, args.to_wallet_id, to, before, now)
save_partition(keys.partition, partition)
local entry = pack_entry('transfer', now, args, args.organization_id, rows)
append(keys.journal, entry)
return remember(keys.request, args.fingerprint, { 'done', entry })
`,
};

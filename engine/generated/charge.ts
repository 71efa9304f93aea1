// Generated from engine/lua by `npm run generate`. Do not edit.

import { type JournalEntry, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ChargeKeys {
  readonly partition: string;
  readonly journal: string;
  readonly request: string;
  readonly legs: readonly { readonly wallet: string }[];
}

export interface ChargeArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly occurredAtMs: number;
  readonly requestKind: string;
  readonly requestScope: string;
  readonly requestKey: string;
  readonly fingerprint: string;
  readonly checkedEpoch: number;
  readonly organizationId: string;
  readonly kind: string;
  readonly overdraft: boolean;
  readonly unbilled: boolean;
  readonly legs: readonly {
    readonly walletId: string;
    readonly role: string;
    readonly amountMicros: number;
  }[];
}

export type ChargeReply =
  | { readonly status: 'recovering'; readonly replayed: boolean }
  | { readonly status: 'idempotency_conflict'; readonly replayed: boolean }
  | { readonly status: 'wallet_not_loaded'; readonly replayed: boolean; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'ask_ledger'; readonly replayed: boolean; readonly must: boolean; readonly loadEpoch: number }
  | { readonly status: 'wallet_frozen'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'insufficient_funds'; readonly replayed: boolean; readonly walletId: string; readonly role: string; readonly requiredMicros: number; readonly spendableMicros: number; readonly heldMicros: number }
  | { readonly status: 'balance_out_of_range'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'done'; readonly replayed: boolean; readonly entry: JournalEntry };

function readChargeReply(reply: readonly Buffer[]): ChargeReply {
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
      throw unknownReply('charge', status);
  }
}

/** a one-shot debit of 1-4 wallets, all of them or none. Atomic because check and deduction must be one step: of many buyers with money for one, one buys. */
export const chargeScript: Script<ChargeKeys, ChargeArgs, ChargeReply> = {
  name: 'charge',
  sha: '02d8bb542495ee271fd8ae76d9a9e73c3bef9d7e',
  keys: (k) => [k.partition, k.journal, k.request, ...k.legs.flatMap((g) => [g.wallet])],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.kind, a.overdraft ? 1 : 0, a.unbilled ? 1 : 0, ...a.legs.flatMap((g) => [g.walletId, g.role, g.amountMicros])],
  reply: readChargeReply,
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
local function load_wallets(partition, leg_keys, id_of)
  local wallets, seen, absent = {}, {}, {}
  for i = 1, #leg_keys do
    if seen[leg_keys[i].wallet] then return nil, redis.error_reply('BUG two legs on one wallet') end
    seen[leg_keys[i].wallet] = true
    local wallet = load_wallet(leg_keys[i].wallet)
    if not wallet then absent[#absent + 1] = id_of(i) end
    wallets[i] = wallet
  end
  if #absent > 0 then return nil, not_loaded(partition, absent) end
  return wallets
end
local function spendables(wallets)
  local amounts = {}
  for i = 1, #wallets do amounts[i] = spendable(wallets[i]) end
  return amounts
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
local keys = { partition = KEYS[1], journal = KEYS[2], request = KEYS[3] }
local args = { mutation_id = ARGV[1], memo = ARGV[2], occurred_at_ms = tonumber(ARGV[3]), request_kind = ARGV[4], request_scope = ARGV[5], request_key = ARGV[6], fingerprint = ARGV[7], checked_epoch = tonumber(ARGV[8]), organization_id = ARGV[9], kind = ARGV[10], overdraft = tonumber(ARGV[11]), unbilled = tonumber(ARGV[12]) }
keys.legs = {}
for i = 4, #KEYS, 1 do
  keys.legs[#keys.legs + 1] = { wallet = KEYS[i + 0] }
end
args.legs = {}
for i = 13, #ARGV, 3 do
  args.legs[#args.legs + 1] = { wallet_id = ARGV[i + 0], role = ARGV[i + 1], amount_micros = tonumber(ARGV[i + 2]) }
end
local function refused(reply)
  return refuse(keys.request, args.request_kind, args.fingerprint, reply)
end
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local replay = replay_of(keys.request, args.fingerprint)
if replay then return replay end
local wallets, missing = load_wallets(partition, keys.legs, function(i) return args.legs[i].wallet_id end)
if not wallets then return missing end
local asked = ask_ledger(partition, wallets, args)
if asked then return asked end
local now = partition[P_NOW]
for i, leg in ipairs(args.legs) do
  if is_frozen(wallets[i]) and args.unbilled == 0 then
    return refused({ 'wallet_frozen', leg.wallet_id })
  end
end
for i, leg in ipairs(args.legs) do
  local free = spendable(wallets[i])
  if args.overdraft == 0 then
    free = available(wallets[i]) - math.max(0, floor_of(wallets[i]))
  end
  if leg.amount_micros > 0 and leg.amount_micros > free then
    return refused({ 'insufficient_funds', leg.wallet_id, leg.role, text(leg.amount_micros),
      text(free), text(wallets[i][W_HELD]) })
  end
end
for i, leg in ipairs(args.legs) do
  if not fits(wallets[i], -leg.amount_micros, 0) then
    return refused({ 'balance_out_of_range', leg.wallet_id })
  end
end
local rows = {}
for i, leg in ipairs(args.legs) do
  rows[i] = move(leg.wallet_id, wallets[i], args.kind, -leg.amount_micros, 0, now)
  save_wallet(keys.legs[i].wallet, wallets[i])
end
save_partition(keys.partition, partition)
local entry = pack_entry('charge', now, args, args.organization_id, rows)
append(keys.journal, entry)
return remember(keys.request, args.fingerprint, { 'done', entry })
`,
};

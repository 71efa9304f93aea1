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
  sha: '3c48967704665415d29586ed32ed4f89716f2a9c',
  keys: (k) => [k.partition, k.journal, k.request, ...k.legs.flatMap((g) => [g.wallet])],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.kind, a.overdraft ? 1 : 0, a.unbilled ? 1 : 0, ...a.legs.flatMap((g) => [g.walletId, g.role, g.amountMicros])],
  reply: readChargeReply,
  source: `local KEYS, ARGV = KEYS, ARGV
local FOUND
if #KEYS == 4 then
  FOUND = redis.call('MGET', KEYS[1], KEYS[3], KEYS[4])
else
  local names = { KEYS[1], KEYS[3] }
  for i = 4, #KEYS, 1 do names[#names + 1] = KEYS[i] end
  FOUND = redis.call('MGET', unpack(names))
end
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local packed_of = {}
local function refuse(reply)
  if ARGV[7] ~= '' and ARGV[4] == 'request' then
    local record = cmsgpack.pack(ARGV[7], unpack(reply))
    redis.call('SET', KEYS[3], record, 'PX', 86400000)
  end
  return reply
end
local open_partition_1
repeat
  local packed = FOUND[1]
  if not packed then open_partition_1 = nil break end
  local partition = ({ select(2, cmsgpack.unpack_limit(packed, 15, 1)) })
  if partition[1] ~= 1 then open_partition_1 = nil break end
  local now = partition[7]
  if now == 0 then
    local time = redis.call('TIME')
    now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
    local shift, trust = partition[8] or 0, partition[9] or 0
    if trust > 0 and now > trust then
      now = trust
      partition[5] = (partition[5] > (now + shift + 1) and partition[5] or (now + shift + 1))
    end
    now = now + shift
  end
  if now > partition[3] then
    partition[3] = now
    clock_moved = true
  end
  open_partition_1 = partition
until true
local partition = open_partition_1
if not partition then return { 'recovering' } end
local replay_of_1
repeat
  local partition = partition
  if ARGV[7] == '' or not FOUND[2] then replay_of_1 = nil break end
  local record = { cmsgpack.unpack(FOUND[2]) }
  if record[1] ~= ARGV[7] then replay_of_1 = { 'idempotency_conflict' } break end
  record[1] = 'replayed'
  if record[2] ~= 'done' then replay_of_1 = record break end
  local items = redis.call('XRANGE', KEYS[2], record[3], record[3])
  if not items[1] then replay_of_1 = { 'ask_ledger', '1', (string.format('%d', partition[6])) } break end
  record[3] = items[1][2][2]
  replay_of_1 = record
until true
local replay = replay_of_1
if replay then return replay end
local load_wallets_1, load_wallets_2
repeat
  local partition, hold = partition
  local wallets, absent, twice = { nil }, nil, false
  for i = 1, ((#KEYS - 3) / 1) do
    for before = 1, i - 1 do
      twice = twice or KEYS[before + 3] == KEYS[i + 3]
    end
    local packed = FOUND[i + 2]
    if packed then
      wallets[i] = ({ select(2, cmsgpack.unpack_limit(packed, 15, 1)) })
    else
      absent = absent or {}
      absent[#absent + 1] = ARGV[i * 3 + 10] or hold[21][i][1]
    end
  end
  if twice then load_wallets_1, load_wallets_2 = nil, redis.error_reply('BUG two legs on one wallet') break end
  if absent then load_wallets_1, load_wallets_2 = nil, ({ 'wallet_not_loaded', (string.format('%d', partition[6])), (string.format('%d', partition[3])), unpack(absent) }) break end
  load_wallets_1, load_wallets_2 = wallets
until true
local wallets, missing = load_wallets_1, load_wallets_2
if not wallets then return missing end
local ask_ledger_1
repeat
  local partition, wallets = partition, wallets
  local epoch = partition[6]
  if ARGV[7] == '' or (ARGV[8] + 0) == epoch then ask_ledger_1 = nil break end
  local now = partition[3]
  local rebuilt = partition[5] > now
  for i = 1, #wallets do rebuilt = rebuilt or wallets[i][11] > now end
  if rebuilt then ask_ledger_1 = { 'ask_ledger', '1', (string.format('%d', epoch)) } break end
  if ARGV[4] ~= 'request' and partition[4] <= now then
    ask_ledger_1 = { 'ask_ledger', '0', (string.format('%d', epoch)) } break
  end
  ask_ledger_1 = nil
until true
local asked = ask_ledger_1
if asked then return asked end
local now = partition[3]
for i = 1, #wallets do
  if (wallets[i][6] == 1 or wallets[i][13] == 1) and (ARGV[12] + 0) == 0 then
    return refuse({ 'wallet_frozen', ARGV[i * 3 + 10] })
  end
end
for i = 1, #wallets do local wallet = wallets[i]
  local amount, free = (ARGV[i * 3 + 12] + 0), ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3]))
  if (ARGV[11] + 0) == 0 then free = (wallet[1] - wallet[2]) - math.max(0, (wallet[4] - wallet[3])) end
  if amount > 0 and amount > free then
    return refuse({ 'insufficient_funds', ARGV[i * 3 + 10], ARGV[i * 3 + 11], (string.format('%d', amount)),
      string.format('%d', free), (string.format('%d', wallet[2])) })
  end
end
for i = 1, #wallets do local wallet = wallets[i]
  local fits_1
  do
    local wallet, amount, held_delta = wallet, -(ARGV[i * 3 + 12] + 0), 0
    local posted, held = wallet[1] + amount, wallet[2] + held_delta
    local floor = (wallet[4] - wallet[3])
    fits_1 = (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
      and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
  end
  local fit = fits_1
  if not fit then
    return refuse({ 'balance_out_of_range', ARGV[i * 3 + 10] })
  end
end
local rows = { nil }
for i = 1, #wallets do local wallet = wallets[i]
  local move_1
  do
    local wallet_id, wallet, kind, amount, held_delta, now = ARGV[i * 3 + 10], wallet, ARGV[10], -(ARGV[i * 3 + 12] + 0), 0, now
    local before = ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3]))
    wallet[1] = wallet[1] + amount
    wallet[2] = wallet[2] + held_delta
    wallet[5] = wallet[5] + 1
    wallet[12] = now
    local shortfall_since_1
    repeat
      local wallet, before = wallet, before
      local after = ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3]))
      if after >= 0 then shortfall_since_1 = 0 break end
      shortfall_since_1 = before < 0 and (0 > (before - after) and 0 or (before - after)) or 0 - after
    until true
    local shortfall = shortfall_since_1
    move_1 = { wallet_id, wallet[5], kind, amount, held_delta, shortfall, wallet }
  end
  rows[i] = move_1
  do
    local wallet_key, wallet = KEYS[i + 3], wallet
    local packed = cmsgpack.pack(wallet)
    packed_of[wallet] = packed
    writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
  end
end
do
  local partition = partition
  if clock_moved then
    writes[#writes + 1], writes[#writes + 2] = KEYS[1], (cmsgpack.pack(partition))
  end
end
local pack_entry_1
do
  local operation, now, organization_id, rows, hold, answer, unasked = 'charge', now, ARGV[9], rows
  local occurred_at = (ARGV[3] + 0) or 0
  if occurred_at == 0 then occurred_at = now end
  local request = '\\160\\160\\160\\160'
  if not unasked and (ARGV[4] or '') ~= '' then
    request = cmsgpack.pack(ARGV[4] or '', ARGV[5] or '', ARGV[6] or '',
      ARGV[7] or '')
  end
  local moved = ''
  for i = 1, #rows do
    local row = rows[i]
    moved = moved .. '\\151' .. cmsgpack.pack(row[1], row[2], row[3],
      row[4], row[5], row[6]) .. packed_of[row[7]]
  end
  pack_entry_1 = '\\159\\1' .. cmsgpack.pack(ARGV[1], operation, now, occurred_at, organization_id)
    .. request .. cmsgpack.pack(ARGV[2]) .. string.char(144 + #rows) .. moved
    .. (hold and cmsgpack.pack(nil or nil) or '\\160\\194') .. (hold or '')
    .. (answer and cmsgpack.pack(answer) or '\\144')
end
local entry = pack_entry_1
do
  local entry = entry
  local id = (redis.call('XADD', KEYS[2], '*', 'e', entry))
  if ARGV[7] ~= '' then
    writes[#writes + 1], writes[#writes + 2] = KEYS[3], (cmsgpack.pack(ARGV[7], 'done', id))
  end
  redis.call('MSET', unpack(writes))
  return entry
end
`,
};

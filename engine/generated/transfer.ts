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
  sha: '8a3b8afbc904b507526efc8efac220df4aa0ebd7',
  keys: (k) => [k.partition, k.journal, k.request, k.due, k.from, k.to],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.fromWalletId, a.toWalletId, a.amountMicros],
  reply: readTransferReply,
  source: `local KEYS, ARGV = KEYS, ARGV
local FOUND = redis.call('MGET', KEYS[1], KEYS[3], KEYS[5], KEYS[6])
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local packed_of = {}
local function save_wallet(wallet_key, wallet)
  local packed = cmsgpack.pack(wallet)
  packed_of[wallet] = packed
  writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
end
local function move(wallet_id, wallet, kind, amount, held_delta, now)
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
  return { wallet_id, wallet[5], kind, amount, held_delta, shortfall, wallet }
end
local function fits(wallet, amount, held_delta)
  local posted, held = wallet[1] + amount, wallet[2] + held_delta
  local floor = (wallet[4] - wallet[3])
  return (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
    and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
end
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
if KEYS[5] == KEYS[6] then return redis.error_reply('BUG a transfer to the same wallet') end
local from, to = (FOUND[3] and ({ select(2, cmsgpack.unpack_limit(FOUND[3], 15, 1)) }) or nil), (FOUND[4] and ({ select(2, cmsgpack.unpack_limit(FOUND[4], 15, 1)) }) or nil)
local absent = {}
if not from then absent[1] = ARGV[10] end
if not to then absent[#absent + 1] = ARGV[11] end
if #absent > 0 then return ({ 'wallet_not_loaded', (string.format('%d', partition[6])), (string.format('%d', partition[3])), unpack(absent) }) end
local ask_ledger_1
repeat
  local partition, wallets = partition, { from, to }
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
local now, amount = partition[3], (ARGV[12] + 0)
if (from[6] == 1 or from[13] == 1) then return refuse({ 'wallet_frozen', ARGV[10] }) end
if amount > ((from[1] - from[2]) - (from[4] - from[3])) then
  return refuse({ 'insufficient_funds', ARGV[10], 'from', (string.format('%d', amount)),
    string.format('%d', (((from[1] - from[2]) - (from[4] - from[3])))), (string.format('%d', from[2])) })
end
if not fits(from, -amount, 0) then return refuse({ 'balance_out_of_range', ARGV[10] }) end
if not fits(to, amount, 0) then return refuse({ 'balance_out_of_range', ARGV[11] }) end
local before = ((to[1] - to[2]) - (to[4] - to[3]))
local rows = { move(ARGV[10], from, 'transfer', -amount, 0, now),
  move(ARGV[11], to, 'transfer', amount, 0, now) }
save_wallet(KEYS[5], from)
save_wallet(KEYS[6], to)
do
  local wallet_id, wallet, before, now = ARGV[11], to, before, now
  if wallet[10] > 0 and ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])) > before then
    redis.call('ZADD', KEYS[4], (string.format('%d', now)), wallet_id)
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
  local operation, now, organization_id, rows, hold, answer, unasked = 'transfer', now, ARGV[9], rows
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

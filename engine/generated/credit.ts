// Generated from engine/lua by `npm run generate`. Do not edit.

import { type JournalEntry, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface CreditKeys {
  readonly partition: string;
  readonly journal: string;
  readonly request: string;
  readonly due: string;
  readonly wallet: string;
  readonly refund: string;
  readonly hold: string;
}

export interface CreditArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly occurredAtMs: number;
  readonly requestKind: string;
  readonly requestScope: string;
  readonly requestKey: string;
  readonly fingerprint: string;
  readonly checkedEpoch: number;
  readonly organizationId: string;
  readonly walletId: string;
  readonly kind: string;
  readonly amountMicros: number;
  readonly refundableMicros: number;
  readonly refundedMicros: number;
  readonly holdId: string;
}

export type CreditReply =
  | { readonly status: 'recovering'; readonly replayed: boolean }
  | { readonly status: 'hold_not_found'; readonly replayed: boolean }
  | { readonly status: 'idempotency_conflict'; readonly replayed: boolean }
  | { readonly status: 'wallet_not_loaded'; readonly replayed: boolean; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'ask_ledger'; readonly replayed: boolean; readonly must: boolean; readonly loadEpoch: number }
  | { readonly status: 'refund_exceeds_charge'; readonly replayed: boolean; readonly refundableMicros: number }
  | { readonly status: 'balance_out_of_range'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'done'; readonly replayed: boolean; readonly entry: JournalEntry };

function readCreditReply(reply: readonly Buffer[]): CreditReply {
  const first = reply[0]?.toString() ?? '';
  const replayed = first === 'replayed';
  const values = replayed ? reply.slice(1) : reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status, replayed };
    case 'hold_not_found':
      return { status, replayed };
    case 'idempotency_conflict':
      return { status, replayed };
    case 'wallet_not_loaded':
      return { status, replayed, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'ask_ledger':
      return { status, replayed, must: integerOf(values, 1) === 1, loadEpoch: integerOf(values, 2) };
    case 'refund_exceeds_charge':
      return { status, replayed, refundableMicros: integerOf(values, 1) };
    case 'balance_out_of_range':
      return { status, replayed, walletId: textOf(values, 1) };
    case 'done':
      return { status, replayed, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('credit', status);
  }
}

/** puts money into a wallet: deposit, bonus, refund, adjustment (either sign), auto_recharge, dispute, transfer. A refund of an entry is never above what is left of it. What is left of a capture is written in its hold, so that a later settlement knows of it. Atomic because what is left of an entry and the wallet's balance change together. */
export const creditScript: Script<CreditKeys, CreditArgs, CreditReply> = {
  name: 'credit',
  sha: '05c531e174af6bf54bdf466d67295b5daaf84a6f',
  keys: (k) => [k.partition, k.journal, k.request, k.due, k.wallet, k.refund, k.hold],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.walletId, a.kind, a.amountMicros, a.refundableMicros, a.refundedMicros, a.holdId],
  reply: readCreditReply,
  source: `local KEYS, ARGV = KEYS, ARGV
local FOUND = redis.call('MGET', KEYS[1], KEYS[3], KEYS[5], KEYS[6], KEYS[7])
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
local hold = nil
if ARGV[15] ~= '' then
  hold = (FOUND[5] and { select(2, cmsgpack.unpack_limit(FOUND[5], 65535, 3)) } or nil)
  if not hold then return { 'hold_not_found' } end
end
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
local wallet = (FOUND[3] and ({ select(2, cmsgpack.unpack_limit(FOUND[3], 15, 1)) }) or nil)
if not wallet then return ({ 'wallet_not_loaded', (string.format('%d', partition[6])), (string.format('%d', partition[3])), unpack(({ ARGV[10] })) }) end
local ask_ledger_1
repeat
  local partition, wallets = partition, { wallet }
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
local refund, leg = nil, nil
if hold then
  for at = 1, #hold[21] do local one = hold[21][at]
    if one[1] == ARGV[10] then leg = one end
  end
  if not leg then return redis.error_reply('BUG the refunded hold is not on this wallet') end
  refund = { leg[4], leg[11] }
elseif (ARGV[13] + 0) >= 0 then
  refund = FOUND[4] and cmsgpack.unpack(FOUND[4]) or { 0, (ARGV[14] + 0) }
  refund[1] = (ARGV[13] + 0)
  refund[2] = (refund[2] > (ARGV[14] + 0) and refund[2] or (ARGV[14] + 0))
end
if refund then
  local left = (0 > (refund[1] - refund[2]) and 0 or (refund[1] - refund[2]))
  if (ARGV[12] + 0) > left then return refuse({ 'refund_exceeds_charge', (string.format('%d', left)) }) end
end
local fits_1
do
  local wallet, amount, held_delta = wallet, (ARGV[12] + 0), 0
  local posted, held = wallet[1] + amount, wallet[2] + held_delta
  local floor = (wallet[4] - wallet[3])
  fits_1 = (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
    and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
end
local fit = fits_1
if not fit then
  return refuse({ 'balance_out_of_range', ARGV[10] })
end
local before, packed = ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])), nil
local move_1
do
  local wallet_id, wallet, kind, amount, held_delta, now = ARGV[10], wallet, ARGV[11], (ARGV[12] + 0), 0, now
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
local row = move_1
do
  local wallet_key, wallet = KEYS[5], wallet
  local packed = cmsgpack.pack(wallet)
  packed_of[wallet] = packed
  writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
end
if leg then
  leg[11] = leg[11] + (ARGV[12] + 0)
  hold[2] = hold[2] + 1
  local save_hold_1
  do
    local hold = hold
    local packed = cmsgpack.pack(hold)
    writes[#writes + 1], writes[#writes + 2] = KEYS[7], packed
    save_hold_1 = packed
  end
  packed = save_hold_1
elseif refund then
  refund[2] = refund[2] + (ARGV[12] + 0)
  writes[#writes + 1], writes[#writes + 2] = KEYS[6], (cmsgpack.pack(refund))
end
do
  local wallet_id, wallet, before, now = ARGV[10], wallet, before, now
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
  local operation, now, organization_id, rows, hold, answer, unasked = 'credit', now, ARGV[9], { row }, packed
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
    .. (hold and cmsgpack.pack(ARGV[15] or nil) or '\\160\\194') .. (hold or '')
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

// Generated from engine/lua by `npm run generate`. Do not edit.

import { type HoldState, type JournalEntry, unpackHoldState, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface RecordKeys {
  readonly partition: string;
  readonly journal: string;
  readonly hold: string;
  readonly legs: readonly { readonly wallet: string }[];
}

export interface RecordArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly occurredAtMs: number;
  readonly requestKind: string;
  readonly requestScope: string;
  readonly requestKey: string;
  readonly fingerprint: string;
  readonly checkedEpoch: number;
  readonly organizationId: string;
  readonly holdId: string;
  readonly callId: string;
  readonly durationMs: number;
  readonly evidence: number;
  readonly outcome: string;
  readonly legs: readonly {
    readonly walletId: string;
    readonly role: string;
    readonly rateMicrosPerMinute: number;
    readonly initialMs: number;
    readonly subsequentMs: number;
    readonly connectionFeeMicros: number;
    readonly minimumMicros: number;
  }[];
}

export type RecordReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'hold_exists'; readonly hold: HoldState }
  | { readonly status: 'wallet_not_loaded'; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'ask_ledger'; readonly must: boolean; readonly loadEpoch: number }
  | { readonly status: 'balance_out_of_range'; readonly walletId: string }
  | { readonly status: 'done'; readonly entry: JournalEntry };

function readRecordReply(reply: readonly Buffer[]): RecordReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'hold_exists':
      return { status, hold: unpackHoldState(values[1]) };
    case 'wallet_not_loaded':
      return { status, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'ask_ledger':
      return { status, must: integerOf(values, 1) === 1, loadEpoch: integerOf(values, 2) };
    case 'balance_out_of_range':
      return { status, walletId: textOf(values, 1) };
    case 'done':
      return { status, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('record', status);
  }
}

/** charges a call that had no hold, and leaves its closed hold, never refused for lack of money. Atomic because the charge and the tombstone that stops a second one must be one step. */
export const recordScript: Script<RecordKeys, RecordArgs, RecordReply> = {
  name: 'record',
  sha: '2e50afd1ed3608f23d731b25785b6484f1fff981',
  keys: (k) => [k.partition, k.journal, k.hold, ...k.legs.flatMap((g) => [g.wallet])],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.holdId, a.callId, a.durationMs, a.evidence, a.outcome, ...a.legs.flatMap((g) => [g.walletId, g.role, g.rateMicrosPerMinute, g.initialMs, g.subsequentMs, g.connectionFeeMicros, g.minimumMicros])],
  reply: readRecordReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
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
if FOUND[2] then return { 'hold_exists', FOUND[2] } end
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
      absent[#absent + 1] = ARGV[i * 7 + 8] or hold[21][i][1]
    end
  end
  if twice then load_wallets_1, load_wallets_2 = nil, redis.error_reply('BUG two legs on one wallet') break end
  if absent then load_wallets_1, load_wallets_2 = nil, ({ 'wallet_not_loaded', (string.format('%d', partition[6])), (string.format('%d', partition[3])), unpack(absent) }) break end
  load_wallets_1, load_wallets_2 = wallets
until true
local wallets, missing = load_wallets_1, load_wallets_2
if not wallets then return missing end
if (ARGV[8] + 0) ~= partition[6] then
  return { 'ask_ledger', '1', (string.format('%d', partition[6])) }
end
local now = partition[3]
local legs = {}
for i = 1, ((#ARGV - 14) / 7) do
  legs[i] = { ARGV[i * 7 + 8], ARGV[i * 7 + 9], 0, 0, 0,
    (ARGV[i * 7 + 10] + 0), (ARGV[i * 7 + 11] + 0), (ARGV[i * 7 + 12] + 0),
    (ARGV[i * 7 + 13] + 0), (ARGV[i * 7 + 14] + 0), 0 }
  local price_of_1
  repeat
    local leg, ms = legs[i], (ARGV[12] + 0)
    if ms <= 0 then price_of_1 = 0 break end
    local initial, subsequent, rate, billed = leg[7], leg[8], leg[6], ms
    if initial > 0 and ms <= initial then
      billed = initial
    elseif initial > 0 then
      local begun = (ms - initial) % subsequent
      if begun > 0 then billed = ms - begun + subsequent end
    end
    local rest = billed % 60000
    local part = rate * rest
    local over = part % 60000
    local time = rate * ((billed - rest) / 60000) + (part - over) / 60000
    if over > 0 then time = time + 1 end
    price_of_1 = (leg[10] > (leg[9] + time) and leg[10] or (leg[9] + time))
  until true
  legs[i][4] = price_of_1
  local fits_1
  do
    local wallet, amount, held_delta = wallets[i], -legs[i][4], 0
    local posted, held = wallet[1] + amount, wallet[2] + held_delta
    local floor = (wallet[4] - wallet[3])
    fits_1 = (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
      and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
  end
  local fit = fits_1
  if not fit then
    return { 'balance_out_of_range', ARGV[i * 7 + 8] }
  end
end
local rows = {}
for i = 1, #legs do local leg = legs[i]
  local move_1
  do
    local wallet_id, wallet, kind, amount, held_delta, now = leg[1], wallets[i], 'capture', -leg[4], 0, now
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
  leg[5] = rows[i][6]
  do
    local wallet_key, wallet = KEYS[i + 3], wallets[i]
    local packed = cmsgpack.pack(wallet)
    packed_of[wallet] = packed
    writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
  end
end
local hold = { 'captured', 1, ARGV[9], 'call', ARGV[11], now, 0, 0, '', 0, 0, now,
  (ARGV[12] + 0), { 0, 0, 0, 0, 0, 0, 0 }, 1, 0, (ARGV[13] + 0), (ARGV[12] + 0), now, ARGV[14],
  legs }
do
  local partition = partition
  if clock_moved then
    writes[#writes + 1], writes[#writes + 2] = KEYS[1], (cmsgpack.pack(partition))
  end
end
local save_hold_1
do
  local hold = hold
  local packed = cmsgpack.pack(hold)
  writes[#writes + 1], writes[#writes + 2] = KEYS[3], packed
  save_hold_1 = packed
end
local packed = save_hold_1
local pack_entry_1
do
  local operation, now, organization_id, rows, hold, answer, unasked = 'record', now, ARGV[9], rows, packed
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
    .. (hold and cmsgpack.pack(ARGV[10] or nil) or '\\160\\194') .. (hold or '')
    .. (answer and cmsgpack.pack(answer) or '\\144')
end
local entry = pack_entry_1
do
  local entry = entry
  redis.call('XADD', KEYS[2], '*', 'e', entry)
  redis.call('MSET', unpack(writes))
  return entry
end
`,
};

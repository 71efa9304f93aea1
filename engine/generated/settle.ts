// Generated from engine/lua by `npm run generate`. Do not edit.

import { type HoldState, type JournalEntry, unpackHoldState, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface SettleKeys {
  readonly partition: string;
  readonly journal: string;
  readonly due: string;
  readonly hold: string;
  readonly legs: readonly { readonly wallet: string }[];
}

export interface SettleArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly occurredAtMs: number;
  readonly holdId: string;
  readonly durationMs: number;
  readonly amountMicros: number;
  readonly evidence: number;
  readonly outcome: string;
}

export type SettleReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'hold_not_found' }
  | { readonly status: 'hold_open'; readonly hold: HoldState }
  | { readonly status: 'unchanged'; readonly hold: HoldState }
  | { readonly status: 'wallet_not_loaded'; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'balance_out_of_range'; readonly walletId: string }
  | { readonly status: 'done'; readonly entry: JournalEntry };

function readSettleReply(reply: readonly Buffer[]): SettleReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'hold_not_found':
      return { status };
    case 'hold_open':
      return { status, hold: unpackHoldState(values[1]) };
    case 'unchanged':
      return { status, hold: unpackHoldState(values[1]) };
    case 'wallet_not_loaded':
      return { status, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'balance_out_of_range':
      return { status, walletId: textOf(values, 1) };
    case 'done':
      return { status, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('settle', status);
  }
}

/** corrects a closed hold from stronger evidence; the difference is taken or given back. What a refund gave back before stays given, and is not given back again. Atomic because the difference is against what was taken last, and evidence only ever gets stronger. */
export const settleScript: Script<SettleKeys, SettleArgs, SettleReply> = {
  name: 'settle',
  sha: '6fcc497c817caafa4c067f423247062ee88a727a',
  keys: (k) => [k.partition, k.journal, k.due, k.hold, ...k.legs.flatMap((g) => [g.wallet])],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.holdId, a.durationMs, a.amountMicros, a.evidence, a.outcome],
  reply: readSettleReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local FOUND
if #KEYS == 5 then
  FOUND = redis.call('MGET', KEYS[1], KEYS[4], KEYS[5])
else
  local names = { KEYS[1], KEYS[4] }
  for i = 5, #KEYS, 1 do names[#names + 1] = KEYS[i] end
  FOUND = redis.call('MGET', unpack(names))
end
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local packed_of = {}
local function price_of(leg, ms)
  if ms <= 0 then return 0 end
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
  return (leg[10] > (leg[9] + time) and leg[10] or (leg[9] + time))
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
local hold = (FOUND[2] and { select(2, cmsgpack.unpack_limit(FOUND[2], 65535, 3)) } or nil)
if not hold then return { 'hold_not_found' } end
if (hold[1] == 'authorized' or hold[1] == 'live') then return { 'hold_open', FOUND[2] } end
if (ARGV[7] + 0) <= hold[17] then return { 'unchanged', FOUND[2] } end
local legs = hold[21]
local load_wallets_1, load_wallets_2
repeat
  local partition, hold = partition, hold
  local wallets, absent, twice = { nil }, nil, false
  for i = 1, ((#KEYS - 4) / 1) do
    for before = 1, i - 1 do
      twice = twice or KEYS[before + 4] == KEYS[i + 4]
    end
    local packed = FOUND[i + 2]
    if packed then
      wallets[i] = ({ select(2, cmsgpack.unpack_limit(packed, 15, 1)) })
    else
      absent = absent or {}
      absent[#absent + 1] = nil or hold[21][i][1]
    end
  end
  if twice then load_wallets_1, load_wallets_2 = nil, redis.error_reply('BUG two legs on one wallet') break end
  if absent then load_wallets_1, load_wallets_2 = nil, ({ 'wallet_not_loaded', (string.format('%d', partition[6])), (string.format('%d', partition[3])), unpack(absent) }) break end
  load_wallets_1, load_wallets_2 = wallets
until true
local wallets, missing = load_wallets_1, load_wallets_2
if not wallets then return missing end
local now = partition[3]
local taken, more, moves = {}, {}, false
for i = 1, #legs do local leg = legs[i]
  taken[i] = hold[4] == 'call' and price_of(leg, (ARGV[5] + 0)) or (ARGV[6] + 0)
  more[i] = ((0 > (taken[i] - leg[11]) and 0 or (taken[i] - leg[11]))) - ((0 > (leg[4] - leg[11]) and 0 or (leg[4] - leg[11])))
  if more[i] ~= 0 then moves = true end
  local fits_1
  do
    local wallet, amount, held_delta = wallets[i], 0 - more[i], 0
    local posted, held = wallet[1] + amount, wallet[2] + held_delta
    local floor = (wallet[4] - wallet[3])
    fits_1 = (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
      and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
  end
  local fit = fits_1
  if not fit then return { 'balance_out_of_range', leg[1] } end
end
local rows = {}
for i = 1, #legs do local leg = legs[i]
  if more[i] ~= 0 or (i == 1 and not moves) then
    local before = ((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3]))
    local move_1
    do
      local wallet_id, wallet, kind, amount, held_delta, now = leg[1], wallets[i], 'adjustment', 0 - more[i], 0, now
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
    rows[#rows + 1] = row
    leg[5] = math.max(0, leg[5] + row[6] + (0 < more[i] and 0 or more[i]))
    do
      local wallet_key, wallet = KEYS[i + 4], wallets[i]
      local packed = cmsgpack.pack(wallet)
      packed_of[wallet] = packed
      writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
    end
    do
      local wallet_id, wallet, before, now = leg[1], wallets[i], before, now
      if wallet[10] > 0 and ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])) > before then
        redis.call('ZADD', KEYS[3], (string.format('%d', now)), wallet_id)
      end
    end
  end
  leg[4] = taken[i]
end
hold[1] = 'captured'
hold[18] = (ARGV[5] + 0)
hold[17] = (ARGV[7] + 0)
hold[16] = 0
if ARGV[8] ~= '' then hold[20] = ARGV[8] end
hold[2] = hold[2] + 1
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
  writes[#writes + 1], writes[#writes + 2] = KEYS[4], packed
  save_hold_1 = packed
end
local packed = save_hold_1
local pack_entry_1
do
  local operation, now, organization_id, rows, hold, answer, unasked = 'settle', now, hold[3], rows, packed
  local occurred_at = (ARGV[3] + 0) or 0
  if occurred_at == 0 then occurred_at = now end
  local request = '\\160\\160\\160\\160'
  if not unasked and (nil or '') ~= '' then
    request = cmsgpack.pack(nil or '', nil or '', nil or '',
      nil or '')
  end
  local moved = ''
  for i = 1, #rows do
    local row = rows[i]
    moved = moved .. '\\151' .. cmsgpack.pack(row[1], row[2], row[3],
      row[4], row[5], row[6]) .. packed_of[row[7]]
  end
  pack_entry_1 = '\\159\\1' .. cmsgpack.pack(ARGV[1], operation, now, occurred_at, organization_id)
    .. request .. cmsgpack.pack(ARGV[2]) .. string.char(144 + #rows) .. moved
    .. (hold and cmsgpack.pack(ARGV[4] or nil) or '\\160\\194') .. (hold or '')
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

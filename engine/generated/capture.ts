// Generated from engine/lua by `npm run generate`. Do not edit.

import { type HoldState, type JournalEntry, unpackHoldState, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface CaptureKeys {
  readonly partition: string;
  readonly journal: string;
  readonly request: string;
  readonly due: string;
  readonly hold: string;
  readonly legs: readonly { readonly wallet: string; readonly final: string }[];
}

export interface CaptureArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly occurredAtMs: number;
  readonly requestKind: string;
  readonly requestScope: string;
  readonly requestKey: string;
  readonly fingerprint: string;
  readonly checkedEpoch: number;
  readonly holdId: string;
  readonly durationMs: number;
  readonly amountMicros: number;
  readonly evidence: number;
  readonly outcome: string;
}

export type CaptureReply =
  | { readonly status: 'recovering'; readonly replayed: boolean }
  | { readonly status: 'idempotency_conflict'; readonly replayed: boolean }
  | { readonly status: 'hold_not_found'; readonly replayed: boolean }
  | { readonly status: 'wallet_not_loaded'; readonly replayed: boolean; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'ask_ledger'; readonly replayed: boolean; readonly must: boolean; readonly loadEpoch: number }
  | { readonly status: 'hold_closed'; readonly replayed: boolean; readonly hold: HoldState }
  | { readonly status: 'balance_out_of_range'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'done'; readonly replayed: boolean; readonly entry: JournalEntry };

function readCaptureReply(reply: readonly Buffer[]): CaptureReply {
  const first = reply[0]?.toString() ?? '';
  const replayed = first === 'replayed';
  const values = replayed ? reply.slice(1) : reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status, replayed };
    case 'idempotency_conflict':
      return { status, replayed };
    case 'hold_not_found':
      return { status, replayed };
    case 'wallet_not_loaded':
      return { status, replayed, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'ask_ledger':
      return { status, replayed, must: integerOf(values, 1) === 1, loadEpoch: integerOf(values, 2) };
    case 'hold_closed':
      return { status, replayed, hold: unpackHoldState(values[1]) };
    case 'balance_out_of_range':
      return { status, replayed, walletId: textOf(values, 1) };
    case 'done':
      return { status, replayed, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('capture', status);
  }
}

/** ends a hold; takes what was used, gives the rest back. Never refused for lack of money. Atomic because a hold ends once: capture, void and expire race, and the loser is told who won. */
export const captureScript: Script<CaptureKeys, CaptureArgs, CaptureReply> = {
  name: 'capture',
  sha: '06c46211604ea77d4218d08266c7e1c3ffc6dbd9',
  keys: (k) => [k.partition, k.journal, k.request, k.due, k.hold, ...k.legs.flatMap((g) => [g.wallet, g.final])],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.holdId, a.durationMs, a.amountMicros, a.evidence, a.outcome],
  reply: readCaptureReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local FOUND
if #KEYS == 7 then
  FOUND = redis.call('MGET', KEYS[1], KEYS[3], KEYS[5], KEYS[6])
else
  local names = { KEYS[1], KEYS[3], KEYS[5] }
  for i = 6, #KEYS, 2 do names[#names + 1] = KEYS[i] end
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
local function refuse(reply)
  if ARGV[7] ~= '' and ARGV[4] == 'request' then
    local record = cmsgpack.pack(ARGV[7], unpack(reply))
    redis.call('SET', KEYS[3], record, 'PX', 86400000)
  end
  return reply
end
local open_hold_1, open_hold_2, open_hold_3
repeat
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
  if not partition then open_hold_1, open_hold_2, open_hold_3 = nil, { 'recovering' } break end
  local hold = (FOUND[3] and { select(2, cmsgpack.unpack_limit(FOUND[3], 65535, 3)) } or nil)
  if not hold then open_hold_1, open_hold_2, open_hold_3 = nil, { 'hold_not_found' }, partition break end
  if not (hold[1] == 'authorized' or hold[1] == 'live') then open_hold_1, open_hold_2, open_hold_3 = nil, { 'hold_closed', FOUND[3] }, partition break end
  if #hold[21] ~= ((#KEYS - 5) / 2) then
    open_hold_1, open_hold_2, open_hold_3 = nil, redis.error_reply('BUG legs do not match the hold'), partition break
  end
  local load_wallets_1, load_wallets_2
  repeat
    local partition, hold = partition, hold
    local wallets, absent, twice = { nil }, nil, false
    for i = 1, ((#KEYS - 5) / 2) do
      for before = 1, i - 1 do
        twice = twice or KEYS[before * 2 + 4] == KEYS[i * 2 + 4]
      end
      local packed = FOUND[i + 3]
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
  if not wallets then open_hold_1, open_hold_2, open_hold_3 = nil, missing, partition break end
  open_hold_1, open_hold_2, open_hold_3 = hold, wallets, partition
until true
local hold, wallets, partition = open_hold_1, open_hold_2, open_hold_3
if not hold and wallets[1] == 'recovering' then return wallets end
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
if not hold and wallets[1] ~= 'hold_closed' then return wallets end
local ask_ledger_1
repeat
  local partition, wallets = partition, hold and wallets or {}
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
if not hold then return refuse(wallets) end
local now = partition[3]
local expired = hold[11] > 0 and hold[11] <= now
local used = { nil }
for i = 1, #hold[21] do local leg = hold[21][i]
  used[i] = hold[4] == 'call' and price_of(leg, (ARGV[10] + 0)) or (ARGV[11] + 0)
  if expired then used[i] = 0 end
end
local spendables_1
do
  local wallets = wallets
  local amounts = { nil }
  for i = 1, #wallets do amounts[i] = ((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3])) end
  spendables_1 = amounts
end
local before = spendables_1
local state = expired and 'expired' or 'captured'
local close_1, close_2
repeat
  local hold, wallets, used, kind, state, now = hold, wallets, used, expired and 'hold_release' or 'capture', state, now
  local misfit = nil
  for i = 1, #hold[21] do local leg = hold[21][i]
    local fits_1
    do
      local wallet, amount, held_delta = wallets[i], -used[i], -leg[3]
      local posted, held = wallet[1] + amount, wallet[2] + held_delta
      local floor = (wallet[4] - wallet[3])
      fits_1 = (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
        and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
    end
    local fit = fits_1
    if not fit then misfit = misfit or leg end
  end
  if misfit then close_1, close_2 = nil, misfit break end
  local rows = { nil }
  for i = 1, #hold[21] do local leg = hold[21][i]
    local wallet = wallets[i]
    if hold[4] == 'call' then wallet[7] = wallet[7] - 1 end
    if hold[9] ~= '' then wallet[10] = wallet[10] - 1 end
    local move_1
    do
      local wallet_id, wallet, kind, amount, held_delta, now = leg[1], wallet, kind, -used[i], -leg[3], now
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
    leg[3] = 0
    leg[4] = used[i]
    leg[5] = rows[i][6]
  end
  hold[1] = state
  hold[2] = hold[2] + 1
  hold[19] = now
  close_1, close_2 = rows
until true
local rows, misfit = close_1, close_2
if not rows then return { 'balance_out_of_range', misfit[1] } end
hold[18] = expired and 0 or (ARGV[10] + 0)
hold[17] = expired and 1 or (ARGV[12] + 0)
hold[20] = ARGV[13]
hold[16] = not expired and (ARGV[12] + 0) == 1 and 1 or 0
local save_closed_1
repeat
  local hold, wallets, before, now = hold, wallets, before, now
  redis.call('ZREM', KEYS[4], ARGV[9])
  for i = 1, #hold[21] do local leg = hold[21][i]
    do
      local wallet_key, wallet = KEYS[i * 2 + 4], wallets[i]
      local packed = cmsgpack.pack(wallet)
      packed_of[wallet] = packed
      writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
    end
    if hold[9] ~= '' then redis.call('ZREM', KEYS[i * 2 + 5], ARGV[9]) end
    do
      local wallet_id, wallet, before, now = leg[1], wallets[i], before[i], now
      if wallet[10] > 0 and ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])) > before then
        redis.call('ZADD', KEYS[4], (string.format('%d', now)), wallet_id)
      end
    end
  end
  do
    local hold = hold
    local packed = cmsgpack.pack(hold)
    writes[#writes + 1], writes[#writes + 2] = KEYS[5], packed
    save_closed_1 = packed break
  end
until true
local packed = save_closed_1
do
  local partition = partition
  if clock_moved then
    writes[#writes + 1], writes[#writes + 2] = KEYS[1], (cmsgpack.pack(partition))
  end
end
local operation = expired and 'expire' or 'capture'
local pack_entry_1
do
  local operation, now, organization_id, rows, hold, answer, unasked = operation, now, hold[3], rows, packed, nil, expired
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
    .. (hold and cmsgpack.pack(ARGV[9] or nil) or '\\160\\194') .. (hold or '')
    .. (answer and cmsgpack.pack(answer) or '\\144')
end
local entry = pack_entry_1
if expired then
  do
    local entry = entry
    redis.call('XADD', KEYS[2], '*', 'e', entry)
    redis.call('MSET', unpack(writes))
    
  end
  return refuse({ 'hold_closed', packed })
end
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

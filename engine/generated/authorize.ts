// Generated from engine/lua by `npm run generate`. Do not edit.

import { type HoldState, type JournalEntry, unpackHoldState, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface AuthorizeKeys {
  readonly partition: string;
  readonly journal: string;
  readonly request: string;
  readonly due: string;
  readonly hold: string;
  readonly legs: readonly { readonly wallet: string }[];
}

export interface AuthorizeArgs {
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
  readonly kind: string;
  readonly callId: string;
  readonly hasProvider: boolean;
  readonly ttlMs: number;
  readonly maxDurationMs: number;
  readonly capFloorMs: number;
  readonly unbilled: boolean;
  readonly minimumMs: number;
  readonly quantumMs: number;
  readonly warnMs: number;
  readonly leadMs: number;
  readonly ringMs: number;
  readonly heartbeatMs: number;
  readonly endMessageMs: number;
  readonly legs: readonly {
    readonly walletId: string;
    readonly role: string;
    readonly amountMicros: number;
    readonly rateMicrosPerMinute: number;
    readonly initialMs: number;
    readonly subsequentMs: number;
    readonly connectionFeeMicros: number;
    readonly minimumMicros: number;
  }[];
}

export type AuthorizeReply =
  | { readonly status: 'recovering'; readonly replayed: boolean }
  | { readonly status: 'idempotency_conflict'; readonly replayed: boolean }
  | { readonly status: 'wallet_not_loaded'; readonly replayed: boolean; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'ask_ledger'; readonly replayed: boolean; readonly must: boolean; readonly loadEpoch: number }
  | { readonly status: 'hold_exists'; readonly replayed: boolean; readonly hold: HoldState }
  | { readonly status: 'wallet_frozen'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'too_many_live_calls'; readonly replayed: boolean; readonly walletId: string; readonly liveCalls: number; readonly maxLiveCalls: number }
  | { readonly status: 'insufficient_funds'; readonly replayed: boolean; readonly walletId: string; readonly role: string; readonly requiredMicros: number; readonly spendableMicros: number; readonly heldMicros: number }
  | { readonly status: 'balance_out_of_range'; readonly replayed: boolean; readonly walletId: string }
  | { readonly status: 'done'; readonly replayed: boolean; readonly entry: JournalEntry };

function readAuthorizeReply(reply: readonly Buffer[]): AuthorizeReply {
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
    case 'hold_exists':
      return { status, replayed, hold: unpackHoldState(values[1]) };
    case 'wallet_frozen':
      return { status, replayed, walletId: textOf(values, 1) };
    case 'too_many_live_calls':
      return { status, replayed, walletId: textOf(values, 1), liveCalls: integerOf(values, 2), maxLiveCalls: integerOf(values, 3) };
    case 'insufficient_funds':
      return { status, replayed, walletId: textOf(values, 1), role: textOf(values, 2), requiredMicros: integerOf(values, 3), spendableMicros: integerOf(values, 4), heldMicros: integerOf(values, 5) };
    case 'balance_out_of_range':
      return { status, replayed, walletId: textOf(values, 1) };
    case 'done':
      return { status, replayed, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('authorize', status);
  }
}

/** opens a hold over 1-4 legs, all of them or none. Atomic because the check of every wallet, the hold, the due entry, the journal and the answer of a retry must be one step: between any two of them another call could spend the same money. */
export const authorizeScript: Script<AuthorizeKeys, AuthorizeArgs, AuthorizeReply> = {
  name: 'authorize',
  sha: '14e73eb3b571ff0377b36192d01e01e149e3da72',
  keys: (k) => [k.partition, k.journal, k.request, k.due, k.hold, ...k.legs.flatMap((g) => [g.wallet])],
  args: (a) => [a.mutationId, a.memo, a.occurredAtMs, a.requestKind, a.requestScope, a.requestKey, a.fingerprint, a.checkedEpoch, a.organizationId, a.holdId, a.kind, a.callId, a.hasProvider ? 1 : 0, a.ttlMs, a.maxDurationMs, a.capFloorMs, a.unbilled ? 1 : 0, a.minimumMs, a.quantumMs, a.warnMs, a.leadMs, a.ringMs, a.heartbeatMs, a.endMessageMs, ...a.legs.flatMap((g) => [g.walletId, g.role, g.amountMicros, g.rateMicrosPerMinute, g.initialMs, g.subsequentMs, g.connectionFeeMicros, g.minimumMicros])],
  reply: readAuthorizeReply,
  source: `local KEYS, ARGV = KEYS, ARGV
local FOUND
if #KEYS == 6 then
  FOUND = redis.call('MGET', KEYS[1], KEYS[3], KEYS[5], KEYS[6])
else
  local names = { KEYS[1], KEYS[3], KEYS[5] }
  for i = 6, #KEYS, 1 do names[#names + 1] = KEYS[i] end
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
local function covered_ms(leg, money)
  if price_of(leg, 1) > money then return 0 end
  if leg[6] == 0 then return 9007199254740991 end
  local budget = money - leg[9]
  local rest = math.fmod(budget, leg[6])
  local minutes = (budget - rest) / leg[6]
  if minutes > 1000000000 then return 9007199254740991 end
  local paid = rest * 60000
  local ms = minutes * 60000 + (paid - paid % leg[6]) / leg[6]
  local initial, subsequent = leg[7], leg[8]
  if initial == 0 then return ms end
  if ms < initial then return 0 end
  return ms - (ms - initial) % subsequent
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
local load_wallets_1, load_wallets_2
repeat
  local partition, hold = partition
  local wallets, absent, twice = { nil }, nil, false
  for i = 1, ((#KEYS - 5) / 1) do
    for before = 1, i - 1 do
      twice = twice or KEYS[before + 5] == KEYS[i + 5]
    end
    local packed = FOUND[i + 3]
    if packed then
      wallets[i] = ({ select(2, cmsgpack.unpack_limit(packed, 15, 1)) })
    else
      absent = absent or {}
      absent[#absent + 1] = ARGV[i * 8 + 17] or hold[21][i][1]
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
if FOUND[3] then return { 'hold_exists', FOUND[3] } end
local now = partition[3]
local is_call = ARGV[11] == 'call'
local billed = (ARGV[17] + 0) == 0
for i = 1, #wallets do
  if billed and (wallets[i][6] == 1 or wallets[i][13] == 1) then
    return refuse({ 'wallet_frozen', ARGV[i * 8 + 17] })
  end
end
for i = 1, #wallets do
  local wallet = wallets[i]
  local cap = wallet[8]
  if billed and is_call and cap > 0 and wallet[7] >= cap then
    return refuse({ 'too_many_live_calls', ARGV[i * 8 + 17], (string.format('%d', wallet[7])), (string.format('%d', cap)) })
  end
end
local minimum_ms, cap_floor_ms = (ARGV[18] + 0), (ARGV[16] + 0)
local quantum_ms, max_duration_ms = (ARGV[19] + 0), (ARGV[15] + 0)
local least = (minimum_ms > cap_floor_ms and minimum_ms or cap_floor_ms)
local legs = { nil }
for i = 1, ((#ARGV - 24) / 8) do
  local leg = { ARGV[i * 8 + 17], ARGV[i * 8 + 18], 0, 0, 0,
    (ARGV[i * 8 + 20] + 0), (ARGV[i * 8 + 21] + 0), (ARGV[i * 8 + 22] + 0),
    (ARGV[i * 8 + 23] + 0), (ARGV[i * 8 + 24] + 0), 0 }
  legs[i] = leg
  local required = is_call and price_of(leg, least) or (ARGV[i * 8 + 19] + 0)
  if required > 0 and required > ((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3])) then
    return refuse({ 'insufficient_funds', leg[1], leg[2], (string.format('%d', required)),
      string.format('%d', (((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3])))), (string.format('%d', wallets[i][2])) })
  end
end
local affordable = -1
if is_call then
  local grant = (quantum_ms < max_duration_ms and quantum_ms or max_duration_ms)
  for i = 1, #legs do
    if not (legs[i][6] == 0 and legs[i][9] == 0 and legs[i][10] == 0) then
      local payable = covered_ms(legs[i], math.max(0, ((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3]))))
      affordable = affordable < 0 and payable or (affordable < payable and affordable or payable)
      grant = (grant < payable and grant or payable)
    end
  end
  for i = 1, #legs do legs[i][3] = price_of(legs[i], grant) end
else
  for i = 1, #legs do legs[i][3] = (ARGV[i * 8 + 19] + 0) end
end
for i = 1, #legs do
  local fits_1
  do
    local wallet, amount, held_delta = wallets[i], 0, legs[i][3]
    local posted, held = wallet[1] + amount, wallet[2] + held_delta
    local floor = (wallet[4] - wallet[3])
    fits_1 = (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
      and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
  end
  local fit = fits_1
  if not fit then
    return refuse({ 'balance_out_of_range', legs[i][1] })
  end
end
local ttl = (ARGV[14] + 0)
local hold = { 'authorized', 1, ARGV[9], ARGV[11], ARGV[12], now, 0, 0, '', 0,
  ttl > 0 and now + ttl or 0, now, max_duration_ms,
  { minimum_ms, quantum_ms, (ARGV[20] + 0), (ARGV[21] + 0), (ARGV[22] + 0),
    (ARGV[23] + 0), (ARGV[24] + 0) }, (ARGV[13] + 0), 0, 0, 0, 0, '', legs }
if is_call then
  local cover_of_1
  do
    local hold = hold
    local covered = hold[13]
    for at = 1, #hold[21] do local leg = hold[21][at]
      covered = math.min(covered, covered_ms(leg, leg[3]))
    end
    cover_of_1 = covered
  end
  hold[8] = cover_of_1
end
local rows = { nil }
for i = 1, #legs do
  local leg, wallet = legs[i], wallets[i]
  if is_call then wallet[7] = wallet[7] + 1 end
  local move_1
  do
    local wallet_id, wallet, kind, amount, held_delta, now = leg[1], wallet, 'hold', 0, leg[3], now
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
    local wallet_key, wallet = KEYS[i + 5], wallet
    local packed = cmsgpack.pack(wallet)
    packed_of[wallet] = packed
    writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
  end
end
do
  local hold, now, newly_final = hold, now
  local due = nil
  if (hold[1] == 'authorized' or hold[1] == 'live') then
    local next_due_1
    repeat
      local hold, now = hold, now
      local policy = hold[14]
      if hold[4] == 'amount' then
        next_due_1 = hold[11] > 0 and hold[11] or nil break
      end
      if hold[1] == 'authorized' then next_due_1 = hold[6] + policy[5] break end
      local due
      if hold[9] == '' then
        local extend_ahead_ms_1
        do
          local policy = policy
          local quantum = policy[2]
          local wanted = math.max(math.floor(quantum / 2), policy[3] + policy[4])
          extend_ahead_ms_1 = math.min(math.floor(quantum * 3 / 4), wanted)
        end
        local ahead = extend_ahead_ms_1
        due = math.max(now + 250, (hold[7] + hold[8]) - ahead)
      else
        local final_due_1
        repeat
          local hold, now = hold, now
          local policy, cutoff = hold[14], hold[10]
          if now >= cutoff then final_due_1 = now + 2000 break end
          local due = cutoff + 250
          local words = cutoff - policy[7]
          if now < words then due = words + 250 end
          if now < words - 5000 then due = words - 5000 end
          local warning = cutoff - policy[3]
          if policy[3] > 0 and now < warning then due = (due < warning and due or warning) end
          final_due_1 = due
        until true
        due = final_due_1
      end
      if hold[15] == 0 then due = math.min(due, (hold[12] + hold[14][6])) end
      next_due_1 = due
    until true
    due = next_due_1
  end
  if due and newly_final then due = now end
  if due then
    redis.call('ZADD', KEYS[4], (string.format('%d', due)), ARGV[10])
  else
    redis.call('ZREM', KEYS[4], ARGV[10])
  end
end
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
  writes[#writes + 1], writes[#writes + 2] = KEYS[5], packed
  save_hold_1 = packed
end
local packed = save_hold_1
local pack_entry_1
do
  local operation, now, organization_id, rows, hold, answer, unasked = 'authorize', now, ARGV[9], rows, packed, { affordable }
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
  local id = (redis.call('XADD', KEYS[2], '*', 'e', entry))
  if ARGV[7] ~= '' then
    writes[#writes + 1], writes[#writes + 2] = KEYS[3], (cmsgpack.pack(ARGV[7], 'done', id))
  end
  redis.call('MSET', unpack(writes))
  return entry
end
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { type HoldState, type JournalEntry, unpackHoldState, unpackJournalEntry } from './layouts.ts';
import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface StartKeys {
  readonly partition: string;
  readonly journal: string;
  readonly due: string;
  readonly hold: string;
  readonly legs: readonly { readonly wallet: string; readonly final: string }[];
}

export interface StartArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly holdId: string;
  readonly startedAtMs: number;
}

export type StartReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'hold_not_found' }
  | { readonly status: 'hold_closed'; readonly hold: HoldState }
  | { readonly status: 'wallet_not_loaded'; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'already_started'; readonly hold: HoldState }
  | { readonly status: 'done'; readonly entry: JournalEntry };

function readStartReply(reply: readonly Buffer[]): StartReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'hold_not_found':
      return { status };
    case 'hold_closed':
      return { status, hold: unpackHoldState(values[1]) };
    case 'wallet_not_loaded':
      return { status, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'already_started':
      return { status, hold: unpackHoldState(values[1]) };
    case 'done':
      return { status, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('start', status);
  }
}

/** the call was answered; its clock runs from then. Atomic because the start decides the covered time, the next due moment and the journal together. */
export const startScript: Script<StartKeys, StartArgs, StartReply> = {
  name: 'start',
  sha: '54bf138f06937cd38736ddb7ba58eec444001e33',
  keys: (k) => [k.partition, k.journal, k.due, k.hold, ...k.legs.flatMap((g) => [g.wallet, g.final])],
  args: (a) => [a.mutationId, a.memo, a.holdId, a.startedAtMs],
  reply: readStartReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local FOUND
if #KEYS == 6 then
  FOUND = redis.call('MGET', KEYS[1], KEYS[4], KEYS[5])
else
  local names = { KEYS[1], KEYS[4] }
  for i = 5, #KEYS, 2 do names[#names + 1] = KEYS[i] end
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
local function finality(hold, wallets, target)
  if hold[8] >= hold[13] then return 'max_duration' end
  if hold[8] >= target then return '' end
  do
    local hold, wallets = hold, wallets
    for i = 1, #hold[21] do local leg = hold[21][i]
      local increment = price_of(leg, hold[8] + 1) - leg[3]
      if increment > 0 then
        if (wallets[i][6] == 1 or wallets[i][13] == 1) then return 'wallet_frozen' end
        if increment > ((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3])) then return 'insufficient_funds' end
      end
    end
    return ''
  end
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
  local hold = (FOUND[2] and { select(2, cmsgpack.unpack_limit(FOUND[2], 65535, 3)) } or nil)
  if not hold then open_hold_1, open_hold_2, open_hold_3 = nil, { 'hold_not_found' }, partition break end
  if not (hold[1] == 'authorized' or hold[1] == 'live') then open_hold_1, open_hold_2, open_hold_3 = nil, { 'hold_closed', FOUND[2] }, partition break end
  if #hold[21] ~= ((#KEYS - 4) / 2) then
    open_hold_1, open_hold_2, open_hold_3 = nil, redis.error_reply('BUG legs do not match the hold'), partition break
  end
  local load_wallets_1, load_wallets_2
  repeat
    local partition, hold = partition, hold
    local wallets, absent, twice = { nil }, nil, false
    for i = 1, ((#KEYS - 4) / 2) do
      for before = 1, i - 1 do
        twice = twice or KEYS[before * 2 + 3] == KEYS[i * 2 + 3]
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
  if not wallets then open_hold_1, open_hold_2, open_hold_3 = nil, missing, partition break end
  open_hold_1, open_hold_2, open_hold_3 = hold, wallets, partition
until true
local hold, wallets, partition = open_hold_1, open_hold_2, open_hold_3
if not hold then return wallets end
local now = partition[3]
if hold[1] == 'live' and hold[16] == 0 then
  return { 'already_started', FOUND[2] }
end
local was_final = hold[9] ~= ''
do
  local hold, started_at, now = hold, (ARGV[4] + 0) > 0 and (ARGV[4] + 0) or now, now
  local earliest = now - 43200000
  hold[1] = 'live'
  hold[7] = math.max(earliest, (started_at < now and started_at or now))
  hold[12] = now
end
hold[16] = 0
hold[9] = finality(hold, wallets, (hold[14][2] < hold[13] and hold[14][2] or hold[13]))
local cutoff_at_1
repeat
  local hold, wallets = hold, wallets
  if hold[9] == '' then cutoff_at_1 = 0 break end
  if hold[9] == 'max_duration' then cutoff_at_1 = (hold[7] + hold[8]) break end
  local spread_ms_1
  do
    local hold, wallets = hold, wallets
    local live = 1
    for i = 1, #wallets do live = (live > wallets[i][7] and live or wallets[i][7]) end
    local quarter = math.floor((0 > (hold[8] - hold[14][4]) and 0 or (hold[8] - hold[14][4])) / 4)
    local most = math.min(2000, 2 * (live - 1), quarter)
    spread_ms_1 = hold[6] % (most + 1)
  end
  local spread = spread_ms_1
  cutoff_at_1 = math.max(hold[7], (hold[7] + hold[8]) - hold[14][4] - spread)
until true
hold[10] = cutoff_at_1
hold[2] = hold[2] + 1
for i = 1, #wallets do
  do
    local final_key, hold, wallet, was_final, is_final = KEYS[i * 2 + 4], hold, wallets[i], was_final, hold[9] ~= ''
    if is_final then
      redis.call('ZADD', final_key, (string.format('%d', ((hold[7] + hold[8])))), ARGV[3])
      if not was_final then wallet[10] = wallet[10] + 1 end
    elseif was_final then
      redis.call('ZREM', final_key, ARGV[3])
      wallet[10] = wallet[10] - 1
    end
  end
  do
    local wallet_key, wallet = KEYS[i * 2 + 3], wallets[i]
    local packed = cmsgpack.pack(wallet)
    packed_of[wallet] = packed
    writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
  end
end
do
  local hold, now, newly_final = hold, now, not was_final and hold[9] ~= ''
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
    redis.call('ZADD', KEYS[3], (string.format('%d', due)), ARGV[3])
  else
    redis.call('ZREM', KEYS[3], ARGV[3])
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
  writes[#writes + 1], writes[#writes + 2] = KEYS[4], packed
  save_hold_1 = packed
end
local packed = save_hold_1
local pack_entry_1
do
  local operation, now, organization_id, rows, hold, answer, unasked = 'start', now, hold[3], {}, packed
  local occurred_at = nil or 0
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
    .. (hold and cmsgpack.pack(ARGV[3] or nil) or '\\160\\194') .. (hold or '')
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

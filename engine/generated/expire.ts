// Generated from engine/lua by `npm run generate`. Do not edit.

import { type HoldState, type JournalEntry, unpackHoldState, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ExpireKeys {
  readonly partition: string;
  readonly journal: string;
  readonly due: string;
  readonly hold: string;
  readonly legs: readonly { readonly wallet: string; readonly final: string }[];
}

export interface ExpireArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly holdId: string;
  readonly hasProvider: boolean;
}

export type ExpireReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'hold_not_found' }
  | { readonly status: 'hold_closed'; readonly hold: HoldState }
  | { readonly status: 'wallet_not_loaded'; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'not_due'; readonly hold: HoldState }
  | { readonly status: 'balance_out_of_range'; readonly walletId: string }
  | { readonly status: 'done'; readonly entry: JournalEntry };

function readExpireReply(reply: readonly Buffer[]): ExpireReply {
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
    case 'not_due':
      return { status, hold: unpackHoldState(values[1]) };
    case 'balance_out_of_range':
      return { status, walletId: textOf(values, 1) };
    case 'done':
      return { status, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('expire', status);
  }
}

/** the sweeper's end of a hold that nobody ended. A provider call is never voided by time: from authorized + ring timeout it counts as live, flagged estimated. Atomic because a hold ends once: capture, void and expire race, and the loser is told who won. */
export const expireScript: Script<ExpireKeys, ExpireArgs, ExpireReply> = {
  name: 'expire',
  sha: '49aa741c16e00954e4fa243fff21e64734e71db0',
  keys: (k) => [k.partition, k.journal, k.due, k.hold, ...k.legs.flatMap((g) => [g.wallet, g.final])],
  args: (a) => [a.mutationId, a.memo, a.holdId, a.hasProvider ? 1 : 0],
  reply: readExpireReply,
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
local function save_hold(hold)
  local packed = cmsgpack.pack(hold)
  writes[#writes + 1], writes[#writes + 2] = KEYS[4], packed
  return packed
end
local function schedule(hold, now, newly_final)
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
local function save_closed(hold, wallets, before, now)
  redis.call('ZREM', KEYS[3], ARGV[3])
  for i = 1, #hold[21] do local leg = hold[21][i]
    do
      local wallet_key, wallet = KEYS[i * 2 + 3], wallets[i]
      local packed = cmsgpack.pack(wallet)
      packed_of[wallet] = packed
      writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
    end
    if hold[9] ~= '' then redis.call('ZREM', KEYS[i * 2 + 4], ARGV[3]) end
    do
      local wallet_id, wallet, before, now = leg[1], wallets[i], before[i], now
      if wallet[10] > 0 and ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])) > before then
        redis.call('ZADD', KEYS[3], (string.format('%d', now)), wallet_id)
      end
    end
  end
  return save_hold(hold)
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
local function finish(rows, packed)
  do
    local partition = partition
    if clock_moved then
      writes[#writes + 1], writes[#writes + 2] = KEYS[1], (cmsgpack.pack(partition))
    end
  end
  local pack_entry_1
  do
    local operation, now, organization_id, rows, hold, answer, unasked = 'expire', now, hold[3], rows, packed
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
end
if (ARGV[4] + 0) == 1 then hold[15] = 1 end
local rings_until = hold[6] + hold[14][5]
local ringing = hold[4] == 'call' and hold[1] == 'authorized'
local over
if hold[4] == 'amount' then
  over = hold[11] > 0 and hold[11] <= now
elseif ringing then
  over = rings_until <= now
else
  over = hold[15] == 0 and (hold[12] + hold[14][6]) <= now
end
if not over then
  schedule(hold, now)
  return { 'not_due', cmsgpack.pack(hold) }
end
if ringing and hold[15] == 1 then
  do
    local hold, started_at, now = hold, rings_until, now
    local earliest = now - 43200000
    hold[1] = 'live'
    hold[7] = math.max(earliest, (started_at < now and started_at or now))
    hold[12] = now
  end
  hold[16] = 1
  hold[2] = hold[2] + 1
  schedule(hold, now)
  return finish({}, save_hold(hold))
end
local live = hold[1] == 'live'
local used_ms = live and ((now - hold[7]) < hold[8] and (now - hold[7]) or hold[8]) or 0
local used = {}
for i = 1, #hold[21] do local leg = hold[21][i] used[i] = live and price_of(leg, used_ms) or 0 end
local spendables_1
do
  local wallets = wallets
  local amounts = { nil }
  for i = 1, #wallets do amounts[i] = ((wallets[i][1] - wallets[i][2]) - (wallets[i][4] - wallets[i][3])) end
  spendables_1 = amounts
end
local before = spendables_1
local close_1, close_2
repeat
  local hold, wallets, used, kind, state, now = hold, wallets, used, live and 'capture' or 'hold_release', 'expired', now
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
hold[18] = used_ms
hold[17] = 1
hold[16] = live and 1 or 0
return finish(rows, save_closed(hold, wallets, before, now))
`,
};

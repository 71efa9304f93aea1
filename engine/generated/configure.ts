// Generated from engine/lua by `npm run generate`. Do not edit.

import { type JournalEntry, unpackJournalEntry } from './layouts.ts';
import { unknownReply, textOf, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ConfigureKeys {
  readonly partition: string;
  readonly journal: string;
  readonly due: string;
  readonly wallet: string;
}

export interface ConfigureArgs {
  readonly mutationId: string;
  readonly memo: string;
  readonly organizationId: string;
  readonly walletId: string;
  readonly creditLimitMicros: string;
  readonly cutoffThresholdMicros: string;
  readonly lowBalanceThresholdMicros: string;
  readonly maxLiveCalls: string;
  readonly frozen: string;
  readonly quarantined: string;
}

export type ConfigureReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'wallet_not_loaded'; readonly loadEpoch: number; readonly nowMs: number; readonly walletIds: readonly string[] }
  | { readonly status: 'balance_out_of_range'; readonly walletId: string }
  | { readonly status: 'done'; readonly entry: JournalEntry };

function readConfigureReply(reply: readonly Buffer[]): ConfigureReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'wallet_not_loaded':
      return { status, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), walletIds: values.slice(3).map(String) };
    case 'balance_out_of_range':
      return { status, walletId: textOf(values, 1) };
    case 'done':
      return { status, entry: unpackJournalEntry(values[1]) };
    default:
      throw unknownReply('configure', status);
  }
}

/** sets a wallet's limits, thresholds, cap, freeze and quarantine; a mutation like any other. Atomic because a limit and the sequence that orders it against spending must change together. */
export const configureScript: Script<ConfigureKeys, ConfigureArgs, ConfigureReply> = {
  name: 'configure',
  sha: '51f51ff90e36d2995f531fb906176644a7d298e3',
  keys: (k) => [k.partition, k.journal, k.due, k.wallet],
  args: (a) => [a.mutationId, a.memo, a.organizationId, a.walletId, a.creditLimitMicros, a.cutoffThresholdMicros, a.lowBalanceThresholdMicros, a.maxLiveCalls, a.frozen, a.quarantined],
  reply: readConfigureReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local FOUND = redis.call('MGET', KEYS[1], KEYS[4])
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local packed_of = {}
local function shortfall_since(wallet, before)
  local after = ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3]))
  if after >= 0 then return 0 end
  return before < 0 and (0 > (before - after) and 0 or (before - after)) or 0 - after
end
local function fits(wallet, amount, held_delta)
  local posted, held = wallet[1] + amount, wallet[2] + held_delta
  local floor = (wallet[4] - wallet[3])
  return (posted <= 9007199254740991 and posted >= -9007199254740991) and (held <= 9007199254740991 and held >= -9007199254740991) and (floor <= 9007199254740991 and floor >= -9007199254740991) and ((posted - held) <= 9007199254740991 and (posted - held) >= -9007199254740991)
    and ((posted - floor) <= 9007199254740991 and (posted - floor) >= -9007199254740991) and ((posted - held - floor) <= 9007199254740991 and (posted - held - floor) >= -9007199254740991)
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
local wallet = (FOUND[2] and ({ select(2, cmsgpack.unpack_limit(FOUND[2], 15, 1)) }) or nil)
if not wallet then return ({ 'wallet_not_loaded', (string.format('%d', partition[6])), (string.format('%d', partition[3])), unpack(({ ARGV[4] })) }) end
local now = partition[3]
local before, was_frozen = ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])), (wallet[6] == 1 or wallet[13] == 1)
local wanted = { [3] = ARGV[5], [4] = ARGV[6],
  [9] = ARGV[7], [8] = ARGV[8],
  [6] = ARGV[9], [13] = ARGV[10] }
for field, value in pairs(wanted) do
  if value ~= '' then wallet[field] = tonumber(value) end
end
if not fits(wallet, 0, 0) then
  return { 'balance_out_of_range', ARGV[4] }
end
local move_1
do
  local wallet_id, wallet, kind, amount, held_delta, now = ARGV[4], wallet, 'configure', 0, 0, now
  local before = ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3]))
  wallet[1] = wallet[1] + amount
  wallet[2] = wallet[2] + held_delta
  wallet[5] = wallet[5] + 1
  wallet[12] = now
  local shortfall = shortfall_since(wallet, before)
  move_1 = { wallet_id, wallet[5], kind, amount, held_delta, shortfall, wallet }
end
local row = move_1
row[6] = shortfall_since(wallet, before)
do
  local wallet_key, wallet = KEYS[4], wallet
  local packed = cmsgpack.pack(wallet)
  packed_of[wallet] = packed
  writes[#writes + 1], writes[#writes + 2] = wallet_key, packed
end
local thawed = was_frozen and not (wallet[6] == 1 or wallet[13] == 1)
do
  local wallet_id, wallet, before, now = ARGV[4], wallet, thawed and -math.huge or before, now
  if wallet[10] > 0 and ((wallet[1] - wallet[2]) - (wallet[4] - wallet[3])) > before then
    redis.call('ZADD', KEYS[3], (string.format('%d', now)), wallet_id)
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
  local operation, now, organization_id, rows, hold, answer, unasked = 'configure', now, ARGV[3], { row }
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
    .. (hold and cmsgpack.pack(nil or nil) or '\\160\\194') .. (hold or '')
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

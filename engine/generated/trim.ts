// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface TrimKeys {
  readonly partition: string;
  readonly journal: string;
  readonly committed: string;
  readonly records: readonly { readonly record: string }[];
}

export interface TrimArgs {
  readonly beforeId: string;
  readonly ttlMs: number;
}

export type TrimReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'not_committed' }
  | { readonly status: 'trimmed'; readonly count: number };

function readTrimReply(reply: readonly Buffer[]): TrimReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'not_committed':
      return { status };
    case 'trimmed':
      return { status, count: integerOf(values, 1) };
    default:
      throw unknownReply('trim', status);
  }
}

/** forgets journal entries that are committed and old, and lets what they made expire. Atomic because a record may expire only once its entry is in Postgres, and the entry may go only once its records can expire. */
export const trimScript: Script<TrimKeys, TrimArgs, TrimReply> = {
  name: 'trim',
  sha: '1b4d68807b00070e23fae9d784abe39ba2d3cdcf',
  keys: (k) => [k.partition, k.journal, k.committed, ...k.records.flatMap((g) => [g.record])],
  args: (a) => [a.beforeId, a.ttlMs],
  reply: readTrimReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local MONEY_MAX = 9007199254740991
local function text(number)
  return string.format('%d', number)
end
local function in_range(number)
  return number <= MONEY_MAX and number >= -MONEY_MAX
end
local function open_partition(partition_key)
  local packed = redis.call('GET', partition_key)
  if not packed then return nil end
  local partition = cmsgpack.unpack(packed)
  if partition[P_OPEN] ~= 1 then return nil end
  local now = partition[P_TEST_NOW]
  if now == 0 then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  if now > partition[P_NOW] then partition[P_NOW] = now end
  return partition
end
local function not_loaded(partition, wallet_ids)
  return { 'wallet_not_loaded', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]),
    unpack(wallet_ids) }
end
local function save_partition(partition_key, partition)
  redis.call('SET', partition_key, cmsgpack.pack(partition))
end
local function stream_before(a, b)
  local a_ms, a_n = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_n = string.match(b, '^(%d+)-(%d+)$')
  a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return tonumber(a_n) <= tonumber(b_n)
end
local keys = { partition = KEYS[1], journal = KEYS[2], committed = KEYS[3] }
local args = { before_id = ARGV[1], ttl_ms = tonumber(ARGV[2]) }
keys.records = {}
for i = 4, #KEYS, 1 do
  keys.records[#keys.records + 1] = { record = KEYS[i + 0] }
end
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
if not stream_before(args.before_id, redis.call('GET', keys.committed) or '0-0') then
  return { 'not_committed' }
end
for _, key in ipairs(keys.records) do
  redis.call('PEXPIRE', key.record, args.ttl_ms, 'NX')
end
local count = redis.call('XTRIM', keys.journal, 'MINID', args.before_id)
return { 'trimmed', text(count) }
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface DueKeys {
  readonly partition: string;
  readonly due: string;
}

export interface DueArgs {
  readonly limit: number;
  readonly leaseMs: number;
}

export type DueReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'members'; readonly nowMs: number; readonly nextMs: number; readonly members: readonly Buffer[] };

function readDueReply(reply: readonly Buffer[]): DueReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'members':
      return { status, nowMs: integerOf(values, 1), nextMs: integerOf(values, 2), members: values.slice(3) };
    default:
      throw unknownReply('due', status);
  }
}

/** leases the holds and wallets of a partition whose moment has come. Atomic because two enforcers must not both take one. */
export const dueScript: Script<DueKeys, DueArgs, DueReply> = {
  name: 'due',
  sha: '2d889b7e83bdf7243272107f00b4797f3bc86502',
  keys: (k) => [k.partition, k.due],
  args: (a) => [a.limit, a.leaseMs],
  reply: readDueReply,
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
local keys = { partition = KEYS[1], due = KEYS[2] }
local args = { limit = tonumber(ARGV[1]), lease_ms = tonumber(ARGV[2]) }
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local now = partition[P_NOW]
local members = redis.call('ZRANGEBYSCORE', keys.due, '-inf', text(now), 'LIMIT', 0, args.limit)
for _, member in ipairs(members) do
  redis.call('ZADD', keys.due, text(now + args.lease_ms), member)
end
local first = redis.call('ZRANGE', keys.due, 0, 0, 'WITHSCORES')
local reply = { 'members', text(now), first[2] and text(tonumber(first[2])) or '-1' }
for _, member in ipairs(members) do reply[#reply + 1] = member end
return reply
`,
};

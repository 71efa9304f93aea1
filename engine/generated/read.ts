// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ReadKeys {
  readonly partition: string;
  readonly targets: readonly { readonly target: string }[];
}

export type ReadArgs = Record<string, never>;

export type ReadReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'values'; readonly loadEpoch: number; readonly nowMs: number; readonly values: readonly Buffer[] };

function readReadReply(reply: readonly Buffer[]): ReadReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'values':
      return { status, loadEpoch: integerOf(values, 1), nowMs: integerOf(values, 2), values: values.slice(3) };
    default:
      throw unknownReply('read', status);
  }
}

/** the packed values of wallets or holds as they are now, behind the fence. Atomic because the values of one answer belong to one moment. */
export const readScript: Script<ReadKeys, ReadArgs, ReadReply> = {
  name: 'read',
  sha: '14e33c35f72b36b2ec6af2ff2f92215faabdae93',
  keys: (k) => [k.partition, ...k.targets.flatMap((g) => [g.target])],
  args: () => [],
  reply: readReadReply,
  source: `local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
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
local keys = { partition = KEYS[1] }
local args = {  }
keys.targets = {}
for i = 2, #KEYS, 1 do
  keys.targets[#keys.targets + 1] = { target = KEYS[i + 0] }
end
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
local reply = { 'values', text(partition[P_LOAD_EPOCH]), text(partition[P_NOW]) }
for _, key in ipairs(keys.targets) do
  reply[#reply + 1] = redis.call('GET', key.target) or ''
end
return reply
`,
};

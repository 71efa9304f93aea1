// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface FinalsKeys {
  readonly partition: string;
  readonly due: string;
  readonly final: string;
}

export interface FinalsArgs {
  readonly walletId: string;
  readonly limit: number;
}

export type FinalsReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'members'; readonly members: readonly Buffer[] };

function readFinalsReply(reply: readonly Buffer[]): FinalsReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'members':
      return { status, members: values.slice(1) };
    default:
      throw unknownReply('finals', status);
  }
}

/** the final calls of a wallet, smallest covered time first, and the wallet leaves the due set. Atomic because a wallet woken after this read must be due again. */
export const finalsScript: Script<FinalsKeys, FinalsArgs, FinalsReply> = {
  name: 'finals',
  sha: '1b76d5aa8edff786ba6ec30783c1d299b813e61e',
  keys: (k) => [k.partition, k.due, k.final],
  args: (a) => [a.walletId, a.limit],
  reply: readFinalsReply,
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
local keys = { partition = KEYS[1], due = KEYS[2], final = KEYS[3] }
local args = { wallet_id = ARGV[1], limit = tonumber(ARGV[2]) }
local partition = open_partition(keys.partition)
if not partition then return { 'recovering' } end
redis.call('ZREM', keys.due, args.wallet_id)
local reply = { 'members' }
for _, member in ipairs(redis.call('ZRANGE', keys.final, 0, args.limit - 1)) do
  reply[#reply + 1] = member
end
return reply
`,
};

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface RestoreKeys {
  readonly partition: string;
  readonly due: string;
  readonly items: readonly { readonly target: string; readonly final: string }[];
}

export interface RestoreArgs {
  readonly epoch: number;
  readonly items: readonly {
    readonly id: string;
    readonly packed: string | Buffer;
    readonly dueMs: number;
    readonly finalMs: number;
  }[];
}

export type RestoreReply =
  | { readonly status: 'stale' }
  | { readonly status: 'restored' };

function readRestoreReply(reply: readonly Buffer[]): RestoreReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'restored':
      return { status };
    default:
      throw unknownReply('restore', status);
  }
}

/** puts wallets and holds from Postgres over what Redis has, while the fence is shut. Atomic because a recovery that lost its lock must not write after another one opened the fence. */
export const restoreScript: Script<RestoreKeys, RestoreArgs, RestoreReply> = {
  name: 'restore',
  sha: 'c703ddc256ceb01cab884e0273498ee6dcc156e6',
  keys: (k) => [k.partition, k.due, ...k.items.flatMap((g) => [g.target, g.final])],
  args: (a) => [a.epoch, ...a.items.flatMap((g) => [g.id, g.packed, g.dueMs, g.finalMs])],
  reply: readRestoreReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local keys = { partition = KEYS[1], due = KEYS[2] }
local args = { epoch = tonumber(ARGV[1]) }
keys.items = {}
for i = 3, #KEYS, 2 do
  keys.items[#keys.items + 1] = { target = KEYS[i + 0], final = KEYS[i + 1] }
end
args.items = {}
for i = 2, #ARGV, 4 do
  args.items[#args.items + 1] = { id = ARGV[i + 0], packed = ARGV[i + 1], due_ms = tonumber(ARGV[i + 2]), final_ms = tonumber(ARGV[i + 3]) }
end
local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch or partition[P_OPEN] == 1 then
  return { 'stale' }
end
for i, item in ipairs(args.items) do
  if item.packed ~= '' then redis.call('SET', keys.items[i].target, item.packed) end
  if item.due_ms >= 0 then
    redis.call('ZADD', keys.due, string.format('%d', item.due_ms), item.id)
  else
    redis.call('ZREM', keys.due, item.id)
  end
  if item.final_ms >= 0 then
    redis.call('ZADD', keys.items[i].final, string.format('%d', item.final_ms), item.id)
  else
    redis.call('ZREM', keys.items[i].final, item.id)
  end
end
return { 'restored' }
`,
};

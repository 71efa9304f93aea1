// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ClearKeys {
  readonly partition: string;
  readonly items: readonly { readonly target: string }[];
}

export interface ClearArgs {
  readonly epoch: number;
  readonly checkUntilMs: number;
}

export type ClearReply =
  | { readonly status: 'stale' }
  | { readonly status: 'cleared' };

function readClearReply(reply: readonly Buffer[]): ClearReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'stale':
      return { status };
    case 'cleared':
      return { status };
    default:
      throw unknownReply('clear', status);
  }
}

/** takes keys away from a partition that is rebuilt from the ledger, while its fence is shut. Atomic because what is forgotten and the duty to ask the ledger about it must come together. */
export const clearScript: Script<ClearKeys, ClearArgs, ClearReply> = {
  name: 'clear',
  sha: 'a624aca716b10ee8cc75f8fadd3b786f624c427f',
  keys: (k) => [k.partition, ...k.items.flatMap((g) => [g.target])],
  args: (a) => [a.epoch, a.checkUntilMs],
  reply: readClearReply,
  source: `#!lua flags=allow-oom
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: the clock stands here, 0 = real time
local keys = { partition = KEYS[1] }
local args = { epoch = tonumber(ARGV[1]), check_until_ms = tonumber(ARGV[2]) }
keys.items = {}
for i = 2, #KEYS, 1 do
  keys.items[#keys.items + 1] = { target = KEYS[i + 0] }
end
local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch or partition[P_OPEN] == 1 then
  return { 'stale' }
end
partition[P_CHECK_UNTIL] = math.max(partition[P_CHECK_UNTIL], args.check_until_ms)
redis.call('SET', keys.partition, cmsgpack.pack(partition))
for _, item in ipairs(keys.items) do redis.call('DEL', item.target) end
return { 'cleared' }
`,
};

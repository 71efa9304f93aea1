// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply, integerOf } from '../reply.ts';
import type { Script } from '../script.ts';

export interface ClockKeys {
  readonly partition: string;
}

export interface ClockArgs {
  readonly redisMs: number;
  readonly knownShiftMs: number;
  readonly shiftMs: number;
  readonly trustMs: number;
  readonly look: boolean;
  readonly hotRecordsMs: number;
}

export type ClockReply =
  | { readonly status: 'recovering' }
  | { readonly status: 'stands'; readonly redisMs: number; readonly shiftMs: number; readonly trustedUntilMs: number; readonly nowMs: number; readonly virtual: boolean; readonly done: boolean };

function readClockReply(reply: readonly Buffer[]): ClockReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'recovering':
      return { status };
    case 'stands':
      return { status, redisMs: integerOf(values, 1), shiftMs: integerOf(values, 2), trustedUntilMs: integerOf(values, 3), nowMs: integerOf(values, 4), virtual: integerOf(values, 5) === 1, done: integerOf(values, 6) === 1 };
    default:
      throw unknownReply('clock', status);
  }
}

/** proves what Redis' clock says, or sets right what is added to it after it jumped. Atomic because the clock that is proven must be the one that was looked at, and one jump is mended once. */
export const clockScript: Script<ClockKeys, ClockArgs, ClockReply> = {
  name: 'clock',
  sha: 'dd646ccbcb86ac600c70b89f0c4d798f46284e3f',
  keys: (k) => [k.partition],
  args: (a) => [a.redisMs, a.knownShiftMs, a.shiftMs, a.trustMs, a.look ? 1 : 0, a.hotRecordsMs],
  reply: readClockReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
local writes = { nil, nil, nil, nil, nil, nil, nil, nil }
local clock_moved = false
local open_partition_1
repeat
  local packed = redis.call('GET', KEYS[1])
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
local time = redis.call('TIME')
local read = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local shift, trust = partition[8] or 0, partition[9] or 0
local function stands(done)
  return { 'stands', (string.format('%d', read)), (string.format('%d', (partition[8] or 0))), (string.format('%d', (partition[9] or 0))),
    string.format('%d', partition[3]), partition[7] > 0 and '1' or '0', done }
end
if (ARGV[5] + 0) == 1 or partition[7] > 0 or shift ~= (ARGV[2] + 0)
  or math.abs(read - (ARGV[1] + 0)) > 1000 then return stands('0') end
local left = trust - read
if (ARGV[3] + 0) == shift and left > (ARGV[4] + 0) - 900 and left <= (ARGV[4] + 0) then
  return stands('1')
end
if (ARGV[3] + 0) ~= shift then
  partition[5] =
    math.max(partition[5], read + (ARGV[3] + 0) + (ARGV[6] + 0))
end
partition[8] = (ARGV[3] + 0)
partition[9] = read + (ARGV[4] + 0)
redis.call('SET', KEYS[1], cmsgpack.pack(partition))
return stands('1')
`,
};

#!lua flags=allow-oom
--[[
clock: proves what Redis' clock says, or sets right what is added to it after it jumped.
Atomic because the clock that is proven must be the one that was looked at, and one jump is mended once.
Keys:
  partition
Args:
  redis_ms integer, known_shift_ms integer, shift_ms integer, trust_ms integer, look flag, hot_records_ms integer
Returns:
  recovering
  stands: redis_ms integer, shift_ms integer, trusted_until_ms integer, now_ms integer, virtual flag, done flag
Emits: nothing. `redis_ms` is where Redis' clock should stand now by the caller's own; where it does not, or the
  shift is not the known one, or with `look`, nothing is done. After a jump unknown keys are looked up in the ledger
  for a whole hot-record time: Redis may have let them expire by the wrong clock.
Upholds: I8 I12
]]
-- @include lib/partition.lua
-- @include lib/money.lua

local LATE_MAX_MS = 1000 -- further from where it should stand, the clock jumped or the caller was held up
local RENEW_MS = 900 -- a proof that is younger is left as it is
local partition = open_partition(redis.call('GET', keys.partition))
if not partition then return { 'recovering' } end
local time = redis.call('TIME')
local read = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local shift, trust = partition[P_SHIFT] or 0, partition[P_TRUST] or 0

local function stands(done)
  return { 'stands', text(read), text(partition[P_SHIFT] or 0), text(partition[P_TRUST] or 0),
    text(partition[P_NOW]), partition[P_TEST_NOW] > 0 and '1' or '0', done }
end

if args.look == 1 or partition[P_TEST_NOW] > 0 or shift ~= args.known_shift_ms
  or math.abs(read - args.redis_ms) > LATE_MAX_MS then return stands('0') end
local left = trust - read
-- With many processes most calls find that another has just proven it.
if args.shift_ms == shift and left > args.trust_ms - RENEW_MS and left <= args.trust_ms then
  return stands('1')
end
if args.shift_ms ~= shift then
  partition[P_CHECK_UNTIL] =
    math.max(partition[P_CHECK_UNTIL], read + args.shift_ms + args.hot_records_ms)
end
partition[P_SHIFT] = args.shift_ms
partition[P_TRUST] = read + args.trust_ms
redis.call('SET', keys.partition, cmsgpack.pack(partition))
return stands('1')

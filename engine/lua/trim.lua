#!lua flags=allow-oom
--[[
trim: forgets journal entries that are committed and old, and lets what they made expire.
Atomic because a record may expire only once its entry is in Postgres, and the entry may go only
once its records can expire.
Keys:
  partition, journal, committed
  records[]: record
Args:
  before_id text, ttl_ms integer
Returns:
  recovering
  not_committed
  trimmed: count integer
Emits: nothing
Upholds: I7 I14
]]
-- @include lib/partition.lua
-- @include lib/money.lua
-- @include lib/stream_id.lua

local partition = open_partition(redis.call('GET', keys.partition))
if not partition then return { 'recovering' } end
if not stream_before(args.before_id, redis.call('GET', keys.committed) or '0-0') then
  return { 'not_committed' }
end
for i = 1, #keys.records do
  redis.call('PEXPIRE', keys.records[i].record, args.ttl_ms, 'NX')
end
local count = redis.call('XTRIM', keys.journal, 'MINID', args.before_id)
return { 'trimmed', text(count) }

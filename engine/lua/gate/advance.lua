#!lua flags=allow-oom
--[[
advance: moves a journal past the ledger's cursor, and notes how far the ledger has it.
Atomic because a stream that lost its tail must not give out an id that the cursor has passed.
Keys:
  partition, journal, committed
Args:
  epoch integer, cursor text
Returns:
  stale
  advanced
Emits: nothing. Run by EVAL only, while the fence is shut.
Upholds: I5 I11
]]
-- @include ../lib/layout_partition.lua
-- @include ../lib/stream_id.lua

local packed = redis.call('GET', keys.partition)
local partition = packed and cmsgpack.unpack(packed)
if not partition or partition[P_EPOCH] ~= args.epoch or partition[P_OPEN] == 1 then
  return { 'stale' }
end
local nowhere = args.cursor == '0-0'
if not nowhere and redis.call('EXISTS', keys.journal) == 0 then
  redis.call('XADD', keys.journal, args.cursor, 'e', '')
  redis.call('XDEL', keys.journal, args.cursor)
elseif not nowhere then
  local info = redis.call('XINFO', 'STREAM', keys.journal)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' and stream_before(info[i + 1], args.cursor) then
      redis.call('XSETID', keys.journal, args.cursor)
    end
  end
end
redis.call('SET', keys.committed, args.cursor)
return { 'advanced' }

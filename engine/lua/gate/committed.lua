#!lua flags=allow-oom
--[[
committed: notes how far the ledger has committed a journal.
Atomic because it is one write; with a flag, or a Redis that is full could never be trimmed again.
Keys:
  committed
Args:
  stream_id text
Returns:
  noted
Emits: nothing. Run by EVAL only, after the commit, fence or no fence: Postgres alone decides what is committed.
Upholds: I7
]]

redis.call('SET', keys.committed, args.stream_id)
return { 'noted' }

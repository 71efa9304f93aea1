-- A wallet's final calls: those that money ran short for, smallest covered time first.
-- @include hold.lua
-- @include wallet.lua

-- Any mutation that raised spendable wakes the wallet, so that its final calls are extended again.
local function wake(wallet_id, wallet, before, now)
  if wallet[W_FINALS] > 0 and spendable(wallet) > before then
    redis.call('ZADD', keys.due, text(now), wallet_id)
  end
end

-- Keeps the zset and the wallet's count in step with the hold's finality.
local function mark_final(final_key, hold, wallet, was_final, is_final)
  if is_final then
    redis.call('ZADD', final_key, text(covered_until(hold)), args.hold_id)
    if not was_final then wallet[W_FINALS] = wallet[W_FINALS] + 1 end
  elseif was_final then
    redis.call('ZREM', final_key, args.hold_id)
    wallet[W_FINALS] = wallet[W_FINALS] - 1
  end
end

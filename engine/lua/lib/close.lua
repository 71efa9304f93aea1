-- The end of a hold: releases what is held, takes what was used, leaves a tombstone (I2, I4).
-- @include hold.lua
-- @include journal.lua
-- @include finals.lua

-- Ends the hold in memory. `used` is what each leg pays. Answers the rows, or nil and the leg that
-- would leave the range of money. Wallets and hold are changed but not saved.
local function close(hold, wallets, used, kind, state, now)
  local misfit = nil
  for i, leg in ipairs(hold[H_LEGS]) do
    local fit = fits(wallets[i], -used[i], -leg[L_HELD])
    if not fit then misfit = misfit or leg end
  end
  if misfit then return nil, misfit end
  local rows = { nil }
  for i, leg in ipairs(hold[H_LEGS]) do
    local wallet = wallets[i]
    if hold[H_KIND] == 'call' then wallet[W_LIVE] = wallet[W_LIVE] - 1 end
    if hold[H_FINAL] ~= '' then wallet[W_FINALS] = wallet[W_FINALS] - 1 end
    rows[i] = move(leg[L_WALLET], wallet, kind, -used[i], -leg[L_HELD], now)
    leg[L_HELD] = 0
    leg[L_CAPTURED] = used[i]
    leg[L_SHORTFALL] = rows[i][R_SHORTFALL]
  end
  hold[H_STATE] = state
  hold[H_REVISION] = hold[H_REVISION] + 1
  hold[H_CLOSED] = now
  return rows
end

-- Saves what close() changed and wakes wallets whose final calls may go on.
-- `before` is each wallet's spendable before the end. Answers the packed hold.
local function save_closed(hold, wallets, before, now)
  redis.call('ZREM', keys.due, args.hold_id)
  for i, leg in ipairs(hold[H_LEGS]) do
    save_wallet(keys.legs[i].wallet, wallets[i])
    if hold[H_FINAL] ~= '' then redis.call('ZREM', keys.legs[i].final, args.hold_id) end
    wake(leg[L_WALLET], wallets[i], before[i], now)
  end
  return save_hold(hold)
end

-- The packed wallet: a msgpack array at `rf:{p}:w:<wallet>`, always read and written whole.
-- The generator makes the TypeScript type and codec from these lines, so a field is named once.
-- @layout WalletState
local W_POSTED = 1 -- postedMicros: micros; what the ledger says the wallet holds
local W_HELD = 2 -- heldMicros: micros; the sum of its open holds, >= 0
local W_CREDIT = 3 -- creditLimitMicros: micros; how far below 0 it may go, >= 0
local W_CUTOFF = 4 -- cutoffThresholdMicros: micros; the reserve under which calls stop, >= 0
local W_SEQUENCE = 5 -- sequence: integer; mutations of this wallet so far, contiguous
local W_FROZEN = 6 -- frozen: flag; an operator froze it: no new holds and charges
local W_LIVE = 7 -- liveCalls: integer; open call holds
local W_MAX_LIVE = 8 -- maxLiveCalls: integer; cap on liveCalls, 0 = none
local W_LOW = 9 -- lowBalanceThresholdMicros: micros; level LOW at or under this, 0 = none
local W_FINALS = 10 -- finalCalls: integer; open call holds that money ran short for
local W_CHECK_UNTIL = 11 -- checkLedgerUntilMs: integer; until then unknown keys are looked up in the ledger
local W_UPDATED = 12 -- updatedAtMs: integer; when its last mutation was made
local W_QUARANTINED = 13 -- quarantined: flag; its ledger is in doubt: no new holds and charges either

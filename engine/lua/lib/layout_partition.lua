-- The packed state of a partition at `rf:{p}:p`: its fence, its clock and its memory horizon.
-- @layout PartitionState
local P_OPEN = 1 -- open: flag; the recovery gate lets operations through
local P_EPOCH = 2 -- epoch: integer; the gate's fencing number, raised at each recovery
local P_NOW = 3 -- nowMs: integer; the latest time any script saw, so that time never goes back
local P_FORGETS = 4 -- forgetsAtMs: integer; from then on natural keys may have left Redis
local P_CHECK_UNTIL = 5 -- checkLedgerUntilMs: integer; rebuilt: unknown keys are looked up until then
local P_LOAD_EPOCH = 6 -- loadEpoch: integer; raised by each unload, so that a stale load is refused
local P_TEST_NOW = 7 -- testNowMs: integer; tests only: Redis' clock stands here, 0 = real time
local P_SHIFT = 8 -- clockShiftMs: integer=0; what is added to Redis' clock since it jumped
local P_TRUST = 9 -- trustedUntilMs: integer=0; by Redis' clock, how far it is proven; 0 = not watched

-- The packed hold at `rf:{p}:h:<hold>`; closed, it is the tombstone that tells later comers who won.
-- @layout HoldPolicy
local C_MINIMUM = 1 -- minimumMs: integer; what the wallet must be able to pay before a call starts
local C_QUANTUM = 2 -- quantumMs: integer; how far the hold is kept ahead of the clock
local C_WARN = 3 -- warnMs: integer; how long before the cutoff the warning comes
local C_LEAD = 4 -- leadMs: integer; how long before the paid time ends the call is cut off
local C_RING = 5 -- ringMs: integer; how long a call may ring
local C_HEARTBEAT = 6 -- heartbeatMs: integer; how long a call lives without a sign of life
local C_END_MESSAGE = 7 -- endMessageMs: integer; how long before the cutoff its last words begin, 0 = none
-- @layout Leg
local L_WALLET = 1 -- walletId: text; the wallet that pays
local L_ROLE = 2 -- role: text; client, agency, ...
local L_HELD = 3 -- heldMicros: micros; set aside now (0 once closed)
local L_CAPTURED = 4 -- capturedMicros: micros; the price of what was used, once the hold has ended
local L_SHORTFALL = 5 -- shortfallMicros: micros; how much of it went under the wallet's floor
local L_RATE = 6 -- rateMicrosPerMinute: micros; the pinned price
local L_INITIAL = 7 -- initialMs: integer; first increment, 0 = exact
local L_SUBSEQUENT = 8 -- subsequentMs: integer; later increments, 0 = exact
local L_FEE = 9 -- connectionFeeMicros: micros; once per answered call
local L_MINIMUM = 10 -- minimumMicros: micros; least price of an answered call
local L_REFUNDED = 11 -- refundedMicros: micros; what refunds have given back of it
-- @layout HoldState
local H_STATE = 1 -- state: text; authorized, live, captured, voided or expired
local H_REVISION = 2 -- revision: integer; journalled changes of this hold so far
local H_ORGANIZATION = 3 -- organizationId: text; whose hold it is
local H_KIND = 4 -- kind: text; call or amount
local H_CALL = 5 -- callId: text; the caller's own id, empty for an amount hold
local H_CREATED = 6 -- createdAtMs: integer; when it was authorized
local H_STARTED = 7 -- startedAtMs: integer; when the call was answered, 0 = not yet
local H_COVERED = 8 -- coveredMs: integer; the talk time that the money held pays for
local H_FINAL = 9 -- finalReason: text; why covered time stopped growing, empty while it grows
local H_CUTOFF = 10 -- cutoffAtMs: integer; when the call must end, 0 = not decided
local H_EXPIRES = 11 -- expiresAtMs: integer; end of an amount hold's time to live, 0 = none
local H_SEEN = 12 -- lastSeenAtMs: integer; last proof of life
local H_MAX = 13 -- maxDurationMs: integer; longest talk time allowed
local H_POLICY = 14 -- policy: HoldPolicy; pinned at authorize
local H_PROVIDER = 15 -- hasProvider: flag; a provider can be asked whether the call lives
local H_ESTIMATED = 16 -- estimated: flag; its start or end was inferred, not reported
local H_EVIDENCE = 17 -- evidence: integer; 0 none, 1 clock, 2 caller, 3 own account, 4 agency's account, 5 provider webhook, 6 provider record
local H_USED = 18 -- usedMs: integer; talk time charged
local H_CLOSED = 19 -- closedAtMs: integer; when it ended, 0 = open
local H_OUTCOME = 20 -- outcome: text; completed, voicemail, no_answer, failed or empty
local H_LEGS = 21 -- legs: Leg[]; the wallets that pay, the client first

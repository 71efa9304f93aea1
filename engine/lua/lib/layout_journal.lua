-- One journal entry: field `e` of a stream entry, written by the same script as the mutation (I6).
-- It is also the answer of the mutation and what an idempotent replay is told.
-- @layout JournalRow
local R_WALLET = 1 -- walletId: text; the wallet moved
local R_SEQUENCE = 2 -- sequence: integer; its sequence after this row
local R_KIND = 3 -- kind: text; the ledger entry's kind
local R_AMOUNT = 4 -- amountMicros: micros; signed effect on posted
local R_HELD_DELTA = 5 -- heldDeltaMicros: micros; signed effect on held
local R_SHORTFALL = 6 -- shortfallMicros: micros; how far this row took spendable under zero
local R_STATE = 7 -- wallet: WalletState; the wallet after this row
-- @layout JournalEntry
local E_VERSION = 1 -- version: integer; of this layout
local E_MUTATION = 2 -- mutationId: text; ULID of the mutation
local E_OPERATION = 3 -- operation: text; the script that made it
local E_AT = 4 -- atMs: integer; Ringfence's clock
local E_OCCURRED = 5 -- occurredAtMs: integer; the time of the event it records
local E_ORGANIZATION = 6 -- organizationId: text; on whose behalf
local E_REQUEST_KIND = 7 -- requestKind: text; request, call, payment_intent, ... or empty
local E_REQUEST_SCOPE = 8 -- requestScope: text; the organization or root the key belongs to
local E_REQUEST_KEY = 9 -- requestKey: text; the key itself
local E_FINGERPRINT = 10 -- fingerprint: text; of the request's body
local E_MEMO = 11 -- memo: text; JSON of labels, not read by the engine
local E_ROWS = 12 -- rows: JournalRow[]; one per wallet moved, in leg order
local E_HOLD_ID = 13 -- holdId: text; empty if no hold is concerned
local E_HOLD = 14 -- hold: HoldState?; the hold after the mutation
local E_ANSWER = 15 -- answer: integer[]; figures the answer needs beside the rows

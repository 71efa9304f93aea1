-- One immutable row per mutation of one wallet. Partitioned by month of the script's own clock;
-- the program makes the months ahead, the default partition catches what no month covers.
-- A unique key here would have to carry the month, so it cannot guard against doubles: the guard
-- is the flusher's compare-and-set on wallet_snapshots.sequence.
CREATE TABLE ledger_entries (
  id                  text NOT NULL,
  wallet_id           text NOT NULL,
  organization_id     text NOT NULL,
  sequence            bigint NOT NULL CHECK (sequence BETWEEN 1 AND 9007199254740991),
  kind                text NOT NULL CHECK (kind IN (
    'hold', 'capture', 'hold_release', 'charge', 'deposit', 'bonus', 'refund', 'adjustment',
    'auto_recharge', 'dispute', 'transfer', 'configure')),
  operation           text NOT NULL CHECK (operation IN (
    'authorize', 'start', 'extend', 'capture', 'void', 'expire', 'settle', 'record', 'charge',
    'credit', 'transfer', 'configure')),
  amount_micros       bigint NOT NULL
    CHECK (amount_micros BETWEEN -9007199254740991 AND 9007199254740991),
  held_delta_micros   bigint NOT NULL
    CHECK (held_delta_micros BETWEEN -9007199254740991 AND 9007199254740991),
  posted_after_micros bigint NOT NULL
    CHECK (posted_after_micros BETWEEN -9007199254740991 AND 9007199254740991),
  held_after_micros   bigint NOT NULL CHECK (held_after_micros BETWEEN 0 AND 9007199254740991),
  shortfall_micros    bigint NOT NULL CHECK (shortfall_micros BETWEEN 0 AND 9007199254740991),
  hold_id             text,
  call_id             text,
  reference           text,
  description         text,
  refunds             text,
  details             jsonb,
  mutation_id         text NOT NULL,
  row_index           smallint NOT NULL CHECK (row_index >= 0),
  created_at          timestamptz NOT NULL,
  occurred_at         timestamptz NOT NULL,
  content_hash        bytea NOT NULL CHECK (length(content_hash) = 32),
  hash                bytea NOT NULL CHECK (length(hash) = 32)
) PARTITION BY RANGE (created_at);
CREATE TABLE ledger_entries_default PARTITION OF ledger_entries DEFAULT;
CREATE INDEX ledger_entries_wallet ON ledger_entries (wallet_id, sequence DESC);
CREATE INDEX ledger_entries_id ON ledger_entries (id);
CREATE INDEX ledger_entries_hold ON ledger_entries (hold_id) WHERE hold_id IS NOT NULL;
CREATE INDEX ledger_entries_refunds ON ledger_entries (refunds) WHERE refunds IS NOT NULL;

-- One key, one effect, for ever. payload is the raw journal entry, so that a replay after any
-- recovery gives the same answer as one from Redis.
CREATE TABLE natural_keys (
  scope       text NOT NULL,
  kind        text NOT NULL CHECK (kind IN (
    'request', 'call', 'payment_intent', 'message_sid', 'refund_id', 'transfer')),
  key         text NOT NULL,
  fingerprint text NOT NULL,
  mutation_id text NOT NULL,
  payload     bytea NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (scope, kind, key)
);

-- Heads of the hash chains of the wallets that moved on a day. The row with wallet_id '' closes
-- the day: its hash covers all others and the day before, its sequence is their number. That one
-- is also written outside the database, so that a cut tail shows.
CREATE TABLE ledger_digests (
  day        date NOT NULL,
  wallet_id  text NOT NULL,
  sequence   bigint NOT NULL CHECK (sequence BETWEEN 0 AND 9007199254740991),
  hash       bytea NOT NULL CHECK (length(hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, wallet_id)
);

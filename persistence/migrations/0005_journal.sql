-- How far each partition's journal is committed. Moves only by compare-and-set on both columns;
-- recovery raises the epoch, which voids every batch read before it.
CREATE TABLE journal_cursors (
  partition  integer PRIMARY KEY CHECK (partition >= 0),
  stream_id  text NOT NULL DEFAULT '0-0' CHECK (stream_id ~ '^[0-9]{1,20}-[0-9]{1,20}$'),
  epoch      bigint NOT NULL DEFAULT 0 CHECK (epoch BETWEEN 0 AND 9007199254740991),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Which flusher process reads which partition, and which processes there are to share them.
CREATE TABLE partition_leases (
  partition  integer PRIMARY KEY CHECK (partition >= 0),
  owner      text NOT NULL CHECK (owner <> ''),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE flusher_members (
  owner      text PRIMARY KEY CHECK (owner <> ''),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Whole journal entries the ledger could not take: same sequence with other content (fork), a
-- missing sequence (gap), entries that follow those (behind), a natural key used twice, or what
-- cannot be decoded or breaks a constraint (rejected).
CREATE TABLE ledger_quarantine (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  partition   integer NOT NULL CHECK (partition >= 0),
  stream_id   text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('fork', 'gap', 'behind', 'natural_key', 'unknown_wallet',
    'arithmetic', 'rejected')),
  mutation_id text NOT NULL,
  wallet_ids  text[] NOT NULL,
  payload     bytea NOT NULL,
  detail      text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT now(),
  released_at timestamptz,
  UNIQUE (partition, mutation_id, stream_id, kind)
);
CREATE INDEX ledger_quarantine_open ON ledger_quarantine USING gin (wallet_ids)
  WHERE released_at IS NULL;

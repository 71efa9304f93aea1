-- What a wallet is. It never changes after creation; limits and balance are mutations of the engine.
CREATE TABLE wallets (
  id              text PRIMARY KEY CHECK (id LIKE 'wal\_%' AND length(id) <= 64),
  organization_id text NOT NULL REFERENCES organizations (id),
  root_id         text NOT NULL REFERENCES organizations (id),
  partition       integer NOT NULL CHECK (partition >= 0),
  currency        text NOT NULL CHECK (currency ~ '^[a-z][a-z0-9_]{1,15}$'),
  name            text NOT NULL DEFAULT '' CHECK (length(name) <= 256),
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX wallets_organization ON wallets (organization_id, currency, created_at, id);
CREATE INDEX wallets_partition ON wallets (partition, id);

-- The state of each wallet after its last committed ledger row: what Redis is rebuilt from.
-- chain_hash is the hash of that row, 32 zero bytes before the first.
-- fillfactor 50 and no index on a changing column: every update stays on its page (HOT).
CREATE TABLE wallet_snapshots (
  wallet_id     text PRIMARY KEY REFERENCES wallets (id),
  partition     integer NOT NULL CHECK (partition >= 0),
  sequence      bigint NOT NULL DEFAULT 0 CHECK (sequence BETWEEN 0 AND 9007199254740991),
  posted_micros bigint NOT NULL DEFAULT 0
    CHECK (posted_micros BETWEEN -9007199254740991 AND 9007199254740991),
  held_micros   bigint NOT NULL DEFAULT 0
    CHECK (held_micros BETWEEN 0 AND 9007199254740991),
  state         bytea NOT NULL,
  chain_hash    bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
    CHECK (length(chain_hash) = 32),
  quarantined   boolean NOT NULL DEFAULT false,
  updated_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
CREATE INDEX wallet_snapshots_partition ON wallet_snapshots (partition, wallet_id);

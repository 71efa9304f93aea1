-- The intent of a transfer between partitions. Written before any money moves, so that any
-- process can take it up where another one died. Moves forward only.
CREATE TABLE transfers (
  id              text PRIMARY KEY CHECK (id LIKE 'trf\_%' AND length(id) <= 64),
  organization_id text NOT NULL REFERENCES organizations (id),
  from_wallet_id  text NOT NULL REFERENCES wallets (id),
  to_wallet_id    text NOT NULL REFERENCES wallets (id),
  amount_micros   bigint NOT NULL CHECK (amount_micros BETWEEN 1 AND 9007199254740991),
  state           text NOT NULL DEFAULT 'created' CHECK (state IN (
    'created', 'debited', 'completed', 'reversing', 'reversed', 'refused')),
  reference       text,
  request_scope   text NOT NULL,
  request_key     text NOT NULL,
  fingerprint     text NOT NULL,
  refusal         jsonb,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (request_scope, request_key),
  CONSTRAINT transfers_between_two CHECK (from_wallet_id <> to_wallet_id)
);
CREATE INDEX transfers_unfinished ON transfers (updated_at)
  WHERE state IN ('created', 'debited', 'reversing');

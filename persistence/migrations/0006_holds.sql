-- The last committed state of each hold. snapshot is the packed hold, the other columns are for
-- lists and reports. 'final' is a live hold whose money has run short.
CREATE TABLE holds (
  id              text PRIMARY KEY CHECK (id LIKE 'hold\_%' AND length(id) <= 64),
  organization_id text NOT NULL,
  partition       integer NOT NULL CHECK (partition >= 0),
  kind            text NOT NULL CHECK (kind IN ('call', 'amount')),
  call_id         text CHECK (call_id <> ''),
  state           text NOT NULL CHECK (state IN (
    'authorized', 'live', 'final', 'captured', 'voided', 'expired')),
  revision        bigint NOT NULL CHECK (revision BETWEEN 0 AND 9007199254740991),
  snapshot        bytea NOT NULL,
  wallet_ids      text[] NOT NULL CHECK (cardinality(wallet_ids) BETWEEN 1 AND 4),
  used_ms         bigint NOT NULL DEFAULT 0 CHECK (used_ms BETWEEN 0 AND 9007199254740991),
  captured_micros bigint NOT NULL DEFAULT 0
    CHECK (captured_micros BETWEEN 0 AND 9007199254740991),
  outcome         text,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  closed_at       timestamptz,
  CONSTRAINT holds_closed_has_a_time
    CHECK ((state IN ('captured', 'voided', 'expired')) = (closed_at IS NOT NULL)),
  CONSTRAINT holds_call_has_an_id CHECK ((kind = 'call') = (call_id IS NOT NULL))
) WITH (fillfactor = 50);
CREATE INDEX holds_open ON holds (partition, id)
  WHERE state IN ('authorized', 'live', 'final');
CREATE INDEX holds_call ON holds (organization_id, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX holds_organization ON holds (organization_id, created_at DESC, id);

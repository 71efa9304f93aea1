-- Verified provider events that could not be applied at once: ids, times, reasons and costs only.
-- Applied in order per call; the same event twice is one row.
CREATE TABLE webhook_inbox (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider      text NOT NULL,
  call_key      text NOT NULL,
  event_key     text NOT NULL,
  event         jsonb NOT NULL,
  received_at   timestamptz NOT NULL DEFAULT now(),
  claimed_by    text,
  claimed_until timestamptz,
  attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_error    text,
  applied_at    timestamptz,
  UNIQUE (provider, event_key)
);
CREATE INDEX webhook_inbox_pending ON webhook_inbox (provider, call_key, id)
  WHERE applied_at IS NULL;

-- Events for the outside (alerts, signed webhooks), to be delivered at least once.
CREATE TABLE outbox (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind            text NOT NULL,
  organization_id text NOT NULL,
  event_key       text NOT NULL UNIQUE,
  payload         jsonb NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  available_at    timestamptz NOT NULL DEFAULT now(),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  delivered_at    timestamptz
);
CREATE INDEX outbox_pending ON outbox (available_at, id) WHERE delivered_at IS NULL;

-- Events for the outside. The outbox of migration 10 was never written to; this one has what a reader
-- needs: whom an event is about (null: only the platform is told), and the subject whose events keep
-- their order. An event is written in the transaction of what it tells.
DROP TABLE outbox;
CREATE TABLE outbox (
  position        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id              text NOT NULL UNIQUE CHECK (id LIKE 'evt\_%' AND length(id) <= 64),
  type            text NOT NULL CHECK (length(type) BETWEEN 1 AND 64),
  organization_id text,
  subject         text NOT NULL CHECK (length(subject) <= 256),
  occurred_at     timestamptz NOT NULL,
  data            jsonb NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  -- When its deliveries were made.
  dispatched_at   timestamptz
);
CREATE INDEX outbox_waiting ON outbox (position) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_created ON outbox (created_at);

-- Where events go: an address of HTTP, or of a person. organization_id null: the platform's own, for
-- the events of everybody. `sealed` holds the signing secrets of a webhook.
CREATE TABLE notification_endpoints (
  id                  text PRIMARY KEY CHECK (length(id) <= 64),
  channel             text NOT NULL CHECK (channel IN ('webhook', 'email')),
  organization_id     text REFERENCES organizations (id),
  target              text NOT NULL CHECK (length(target) BETWEEN 1 AND 2048),
  description         text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
  -- Types of events, or `wallet.*`, or `*`.
  events              text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 50),
  include_descendants boolean NOT NULL DEFAULT false,
  status              text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
  disabled_reason     text,
  sealed              bytea CHECK (octet_length(sealed) BETWEEN 29 AND 16384),
  -- Failures since the last success, and those of them that say that nobody is there: from a number of
  -- those on the endpoint counts as down and is left alone for a while.
  failures            integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  unreachable         integer NOT NULL DEFAULT 0 CHECK (unreachable >= 0),
  failing_since       timestamptz,
  quiet_until         timestamptz,
  last_success_at     timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notification_endpoints_sealed CHECK ((channel = 'webhook') = (sealed IS NOT NULL)),
  CONSTRAINT notification_endpoints_reason CHECK (status = 'disabled' OR disabled_reason IS NULL)
);
CREATE INDEX notification_endpoints_organization ON notification_endpoints (organization_id, id);

-- One event on its way to one endpoint.
CREATE TABLE notification_deliveries (
  id              text PRIMARY KEY CHECK (id LIKE 'dlv\_%' AND length(id) <= 64),
  endpoint_id     text NOT NULL REFERENCES notification_endpoints (id) ON DELETE CASCADE,
  event_id        text NOT NULL REFERENCES outbox (id),
  -- The event's own, repeated for the order and the list.
  position        bigint NOT NULL,
  type            text NOT NULL,
  subject         text NOT NULL,
  state           text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'delivered', 'failed', 'cancelled', 'dropped')),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- When it was to be tried first; a day later it is given up.
  started_at      timestamptz NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  claimed_by      text,
  claimed_until   timestamptz,
  last_status     integer,
  last_error      text,
  delivered_at    timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (endpoint_id, event_id)
);
CREATE INDEX notification_deliveries_due ON notification_deliveries (endpoint_id, position)
  WHERE state = 'pending';
CREATE INDEX notification_deliveries_lane
  ON notification_deliveries (endpoint_id, subject, position) WHERE state = 'pending';
CREATE INDEX notification_deliveries_list ON notification_deliveries (endpoint_id, id DESC);
CREATE INDEX notification_deliveries_event ON notification_deliveries (event_id);

-- Each try, for whoever asks why nothing came.
CREATE TABLE notification_attempts (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delivery_id text NOT NULL REFERENCES notification_deliveries (id) ON DELETE CASCADE,
  attempt     integer NOT NULL CHECK (attempt >= 1),
  at          timestamptz NOT NULL,
  duration_ms integer NOT NULL CHECK (duration_ms >= 0),
  status      integer,
  error       text,
  answer      text NOT NULL DEFAULT '' CHECK (length(answer) <= 1024)
);
CREATE INDEX notification_attempts_delivery ON notification_attempts (delivery_id, id);

-- What an organization wants to be told of beyond the levels of a wallet.
CREATE TABLE wallet_alerts (
  id                   text PRIMARY KEY CHECK (id LIKE 'alr\_%' AND length(id) <= 64),
  wallet_id            text NOT NULL REFERENCES wallets (id),
  kind                 text NOT NULL CHECK (kind IN ('available', 'minutes')),
  -- Raised while available is at or under this...
  available_micros     bigint CHECK (available_micros BETWEEN -9007199254740991 AND 9007199254740991),
  -- ...until it is above this.
  resolve_above_micros bigint
    CHECK (resolve_above_micros BETWEEN -9007199254740991 AND 9007199254740991),
  -- Or: while the live calls use up what can be spent within so many minutes.
  minutes              integer CHECK (minutes BETWEEN 1 AND 100000),
  created_at           timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT wallet_alerts_kind CHECK (CASE kind
    WHEN 'available' THEN available_micros IS NOT NULL AND resolve_above_micros IS NOT NULL
      AND resolve_above_micros >= available_micros AND minutes IS NULL
    ELSE available_micros IS NULL AND resolve_above_micros IS NULL AND minutes IS NOT NULL END)
);
CREATE INDEX wallet_alerts_wallet ON wallet_alerts (wallet_id, id);

-- What was told last of a wallet, after its last ledger row: written with that row.
CREATE TABLE wallet_alert_states (
  wallet_id              text PRIMARY KEY,
  -- Levels and alerts that hold now: 'depleted', 'low', 'ok', ids of wallet_alerts.
  raised                 text[] NOT NULL DEFAULT '{}',
  -- What its open calls cost in a minute; null while no alert asks for it.
  burn_micros_per_minute bigint CHECK (burn_micros_per_minute BETWEEN 0 AND 9007199254740991)
) WITH (fillfactor = 70);

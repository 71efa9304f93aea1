-- What the engine does not need to know about a call.
CREATE TABLE calls (
  organization_id      text NOT NULL REFERENCES organizations (id),
  call_id              text NOT NULL CHECK (length(call_id) BETWEEN 1 AND 256),
  hold_id              text NOT NULL,
  service              text NOT NULL,
  provider             text,
  provider_call_id     text,
  destination          text,
  metadata             jsonb NOT NULL DEFAULT '{}',
  max_duration_seconds integer CHECK (max_duration_seconds > 0),
  cutoff_state         text NOT NULL DEFAULT 'none'
    CHECK (cutoff_state IN ('none', 'pending', 'confirmed', 'failed')),
  created_at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, call_id)
);
CREATE INDEX calls_hold ON calls (hold_id);
CREATE INDEX calls_newest ON calls (organization_id, created_at DESC, call_id);

-- The provider's id of a call: how a webhook finds its hold.
CREATE TABLE call_links (
  provider         text NOT NULL,
  provider_call_id text NOT NULL,
  organization_id  text NOT NULL REFERENCES organizations (id),
  call_id          text NOT NULL,
  hold_id          text NOT NULL,
  partition        integer NOT NULL CHECK (partition >= 0),
  control_url      text,
  created_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, provider_call_id)
);
CREATE INDEX call_links_call ON call_links (organization_id, call_id);

-- Decisions about a call that moved no money: with the ledger rows they explain it.
CREATE TABLE call_events (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text NOT NULL,
  call_id         text NOT NULL,
  at              timestamptz NOT NULL DEFAULT now(),
  kind            text NOT NULL,
  details         jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX call_events_call ON call_events (organization_id, call_id, id);

-- Which organization an assistant, agent, number or account of a provider belongs to.
CREATE TABLE provider_bindings (
  provider        text NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('assistant', 'agent', 'phone_number', 'account')),
  external_id     text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 256),
  organization_id text NOT NULL REFERENCES organizations (id),
  wallet_id       text REFERENCES wallets (id),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, kind, external_id)
);
CREATE INDEX provider_bindings_organization ON provider_bindings (organization_id);

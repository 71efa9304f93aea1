-- Calls that Ringfence places itself. The row is made before the provider is asked and there is one
-- for a call for ever, so whoever makes it is the only one who ever asks: a call is never dialled
-- twice, by however many requests and processes, and whatever dies in between.
--
--   dialing --> created | refused | unknown        unknown --> created | refused
--
-- `dialing` for longer than the provider may take to answer is as good as `unknown`: the asker died.
CREATE TABLE dials (
  organization_id  text NOT NULL REFERENCES organizations (id),
  call_id          text NOT NULL CHECK (length(call_id) BETWEEN 1 AND 256),
  provider         text NOT NULL CHECK (provider IN ('vapi', 'retell', 'twilio')),
  -- Whose account at the provider it is placed with; empty for the platform's own.
  account          text NOT NULL DEFAULT '',
  -- Of the request: the same call with another order is a conflict.
  fingerprint      text NOT NULL,
  from_number      text NOT NULL CHECK (length(from_number) BETWEEN 1 AND 256),
  to_number        text NOT NULL CHECK (length(to_number) BETWEEN 1 AND 64),
  state            text NOT NULL DEFAULT 'dialing'
    CHECK (state IN ('dialing', 'created', 'refused', 'unknown')),
  provider_call_id text CHECK (length(provider_call_id) BETWEEN 1 AND 256),
  -- What the provider answered when it refused; null when it never had the order.
  provider_status  integer CHECK (provider_status BETWEEN 100 AND 599),
  dialed_at        timestamptz NOT NULL DEFAULT now(),
  -- When the consequences are in: the call is linked, or its hold released. Until then somebody
  -- comes back at `look_at`, moving it ahead, to look for the call at the provider and finish.
  done_at          timestamptz,
  look_at          timestamptz NOT NULL,
  looks            integer NOT NULL DEFAULT 0 CHECK (looks >= 0),
  PRIMARY KEY (organization_id, call_id),
  CONSTRAINT dials_created CHECK ((state = 'created') = (provider_call_id IS NOT NULL)),
  CONSTRAINT dials_refused CHECK (state = 'refused' OR provider_status IS NULL)
);
CREATE INDEX dials_unfinished ON dials (look_at) WHERE done_at IS NULL;

-- How far each provider account has been reconciled, who is at it, and when it is due again.
CREATE TABLE reconcile_marks (
  provider         text NOT NULL,
  -- Whose account; empty for the platform's own.
  organization_id  text NOT NULL DEFAULT '',
  -- Every call that ended before this moment has been compared; null before the first pass.
  reconciled_until timestamptz,
  due_at           timestamptz NOT NULL DEFAULT now(),
  -- The last time somebody asked for a pass, and from when on it is to look.
  requested_at     timestamptz,
  wanted_since     timestamptz,
  claimed_at       timestamptz,
  leased_by        text,
  leased_until     timestamptz,
  PRIMARY KEY (provider, organization_id),
  CONSTRAINT reconcile_marks_lease CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);

-- A leg at Twilio is listed by Twilio as a call of its own; it must not be charged as one.
CREATE INDEX call_links_twilio_leg ON call_links (twilio_call_sid)
  WHERE twilio_call_sid IS NOT NULL;

-- What an organization needs to speak to its own account at a provider, and what that account signs
-- its webhooks with. Sealed (AES-256-GCM) before it gets here, for this organization and provider
-- alone: a copy of the database, or of a row under another name, opens nothing.
CREATE TABLE provider_credentials (
  organization_id text NOT NULL REFERENCES organizations (id),
  provider        text NOT NULL CHECK (provider IN ('vapi', 'retell', 'twilio')),
  sealed          bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 29 AND 16384),
  -- Twilio's webhooks name the account; it is no secret.
  account_sid     text CHECK (length(account_sid) BETWEEN 1 AND 64),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, organization_id),
  CONSTRAINT provider_credentials_account CHECK ((provider = 'twilio') = (account_sid IS NOT NULL))
);
CREATE INDEX provider_credentials_account_sid ON provider_credentials (account_sid)
  WHERE account_sid IS NOT NULL;

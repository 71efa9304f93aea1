-- Tenants: platform -> agency -> client. A root organization is its own root; every wallet of a
-- tree lives in the partition of its root, so the tree can be charged in one script.
CREATE TABLE organizations (
  id              text PRIMARY KEY CHECK (id LIKE 'org\_%' AND length(id) <= 64),
  parent_id       text REFERENCES organizations (id),
  root_id         text NOT NULL REFERENCES organizations (id),
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 256),
  billing_enabled boolean NOT NULL DEFAULT true,
  -- Sparse: only the fields this organization sets itself. The rest is inherited when it is read.
  call_policy     jsonb NOT NULL DEFAULT '{}',
  metadata        jsonb NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT organizations_parent_is_another CHECK (parent_id IS DISTINCT FROM id),
  CONSTRAINT organizations_root_has_no_parent CHECK ((parent_id IS NULL) = (root_id = id))
);
CREATE INDEX organizations_parent ON organizations (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX organizations_root ON organizations (root_id);

-- A key is 256 random bits, so its plain sha256 cannot be guessed back and needs no slow hash.
CREATE TABLE api_keys (
  id              text PRIMARY KEY CHECK (id LIKE 'key\_%' AND length(id) <= 64),
  organization_id text REFERENCES organizations (id),
  role            text NOT NULL CHECK (role IN ('platform', 'agency', 'organization', 'finance')),
  name            text NOT NULL CHECK (length(name) <= 256),
  prefix          text NOT NULL,
  hash            bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_at      timestamptz NOT NULL DEFAULT now(),
  revoked_at      timestamptz,
  CONSTRAINT api_keys_scope CHECK (
    CASE role
      WHEN 'platform' THEN organization_id IS NULL
      WHEN 'finance' THEN true
      ELSE organization_id IS NOT NULL
    END
  )
);
CREATE INDEX api_keys_organization ON api_keys (organization_id, id);

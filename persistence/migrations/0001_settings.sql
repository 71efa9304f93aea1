-- Settings fixed at first boot (the partition count, for one) and read at every start.
CREATE TABLE settings (
  key        text PRIMARY KEY CHECK (key <> ''),
  value      jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

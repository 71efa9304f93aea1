-- Stripe keeps the first outcome of a key, its own failures too: once it has answered, the next request
-- for the same order needs another one.
ALTER TABLE top_ups
  ADD COLUMN stripe_attempt integer NOT NULL DEFAULT 0 CHECK (stripe_attempt >= 0);

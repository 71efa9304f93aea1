-- What a create answered under an Idempotency-Key, written in the transaction that made the row:
-- the key is here if and only if the row is. Kept for ever, like the rows; a key's secret is never
-- part of an answer. json, not jsonb: a replay is the text of the first answer, in its order.
CREATE TABLE request_answers (
  scope       text NOT NULL CHECK (length(scope) BETWEEN 1 AND 64),
  key         text NOT NULL CHECK (length(key) BETWEEN 1 AND 1024),
  fingerprint text NOT NULL,
  answer      json NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);

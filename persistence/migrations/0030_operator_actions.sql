-- What operators decided by a command that changes what is true: who, when, why, and what it did.
CREATE TABLE operator_actions (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz NOT NULL DEFAULT now(),
  operator text NOT NULL CHECK (length(operator) BETWEEN 1 AND 256),
  command  text NOT NULL CHECK (length(command) BETWEEN 1 AND 64),
  reason   text NOT NULL CHECK (length(reason) <= 2000),
  details  jsonb NOT NULL
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    GRANT SELECT ON operator_actions TO ringfence_finance;
  END IF;
END
$$;

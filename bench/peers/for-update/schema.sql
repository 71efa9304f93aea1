-- The design users have today: a balance row per organization, locked by SELECT ... FOR UPDATE for
-- each reservation, and rows for reservations and transactions. One function per operation, so that
-- each costs one round trip.
CREATE TABLE accounts (
  organization_id text PRIMARY KEY,
  balance_micros  bigint NOT NULL,
  reserved_micros bigint NOT NULL DEFAULT 0 CHECK (reserved_micros >= 0),
  debt_limit_micros bigint NOT NULL DEFAULT 0,
  updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE reservations (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id text NOT NULL REFERENCES accounts,
  call_id         text NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  amount_micros   bigint NOT NULL,
  status          text NOT NULL CHECK (status IN ('active', 'finalized', 'released')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  expires_at      timestamptz NOT NULL,
  finalized_at    timestamptz,
  UNIQUE (organization_id, call_id)
);
CREATE INDEX reservations_expiring ON reservations (expires_at) WHERE status = 'active';

CREATE TABLE transactions (
  id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id      text NOT NULL REFERENCES accounts,
  reservation_id       bigint REFERENCES reservations,
  type                 text NOT NULL,
  amount_micros        bigint NOT NULL,
  balance_after_micros bigint NOT NULL,
  idempotency_key      text NOT NULL UNIQUE,
  created_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX transactions_organization ON transactions (organization_id, created_at DESC);

CREATE FUNCTION reserve(org text, call text, amount bigint, key text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  account accounts;
  found_id bigint;
BEGIN
  SELECT id INTO found_id FROM reservations WHERE idempotency_key = key;
  IF FOUND THEN RETURN found_id; END IF;
  SELECT * INTO account FROM accounts WHERE organization_id = org FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such organization'; END IF;
  IF account.balance_micros - account.reserved_micros + account.debt_limit_micros < amount THEN
    RETURN NULL;
  END IF;
  UPDATE accounts SET reserved_micros = reserved_micros + amount, updated_at = now()
  WHERE organization_id = org;
  INSERT INTO reservations (organization_id, call_id, idempotency_key, amount_micros, status,
    expires_at)
  VALUES (org, call, key, amount, 'active', now() + interval '1 hour') RETURNING id INTO found_id;
  INSERT INTO transactions (organization_id, reservation_id, type, amount_micros,
    balance_after_micros, idempotency_key)
  VALUES (org, found_id, 'reserve', -amount, account.balance_micros, 'reserve:' || key);
  RETURN found_id;
END $$;

-- The status check of a call that goes on: reserves more while there is money; true ends the call.
CREATE FUNCTION status_check(org text, call text, more bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  account accounts;
  reservation reservations;
BEGIN
  SELECT * INTO account FROM accounts WHERE organization_id = org FOR UPDATE;
  SELECT * INTO reservation FROM reservations
  WHERE organization_id = org AND call_id = call FOR UPDATE;
  IF NOT FOUND OR reservation.status <> 'active' THEN RETURN true; END IF;
  IF account.balance_micros - account.reserved_micros + account.debt_limit_micros < more THEN
    RETURN true;
  END IF;
  UPDATE accounts SET reserved_micros = reserved_micros + more, updated_at = now()
  WHERE organization_id = org;
  UPDATE reservations SET amount_micros = amount_micros + more WHERE id = reservation.id;
  RETURN false;
END $$;

CREATE FUNCTION finalize(org text, call text, used bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  account accounts;
  reservation reservations;
BEGIN
  SELECT * INTO account FROM accounts WHERE organization_id = org FOR UPDATE;
  SELECT * INTO reservation FROM reservations
  WHERE organization_id = org AND call_id = call FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such reservation'; END IF;
  IF reservation.status <> 'active' THEN RETURN account.balance_micros; END IF;
  UPDATE accounts SET balance_micros = balance_micros - used,
    reserved_micros = reserved_micros - reservation.amount_micros, updated_at = now()
  WHERE organization_id = org;
  UPDATE reservations SET status = 'finalized', finalized_at = now() WHERE id = reservation.id;
  INSERT INTO transactions (organization_id, reservation_id, type, amount_micros,
    balance_after_micros, idempotency_key)
  VALUES (org, reservation.id, 'finalize', -used, account.balance_micros - used,
    'finalize:' || reservation.id);
  RETURN account.balance_micros - used;
END $$;

-- Money bought by card. What is for sale: for everybody, or for an organization and all below it.
CREATE TABLE top_up_packages (
  id              text PRIMARY KEY CHECK (id LIKE 'pkg\_%' AND length(id) <= 64),
  organization_id text REFERENCES organizations (id),
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  price_micros    bigint NOT NULL CHECK (price_micros BETWEEN 1 AND 9007199254740991),
  price_currency  text NOT NULL,
  -- What the wallet gets, in its own currency or unit.
  credit_micros   bigint NOT NULL CHECK (credit_micros BETWEEN 1 AND 9007199254740991),
  wallet_currency text NOT NULL,
  bonus_micros    bigint NOT NULL DEFAULT 0 CHECK (bonus_micros BETWEEN 0 AND 9007199254740991),
  active          boolean NOT NULL DEFAULT true,
  created_at      timestamptz NOT NULL DEFAULT now()
);

-- The intent of a top-up, made before Stripe is asked. Everything that was agreed is in the row, so
-- that a repeated order is the same order.
CREATE TABLE top_ups (
  id                  text PRIMARY KEY CHECK (id LIKE 'top\_%' AND length(id) <= 64),
  organization_id     text NOT NULL REFERENCES organizations (id),
  wallet_id           text NOT NULL REFERENCES wallets (id),
  package_id          text REFERENCES top_up_packages (id),
  title               text NOT NULL,
  -- What the card pays, in the smallest unit of the currency.
  charge_minor        bigint NOT NULL CHECK (charge_minor BETWEEN 1 AND 9007199254740991),
  charge_currency     text NOT NULL,
  credit_micros       bigint NOT NULL CHECK (credit_micros BETWEEN 1 AND 9007199254740991),
  bonus_micros        bigint NOT NULL DEFAULT 0 CHECK (bonus_micros BETWEEN 0 AND 9007199254740991),
  save_card           boolean NOT NULL DEFAULT false,
  success_url         text NOT NULL,
  cancel_url          text NOT NULL,
  state               text NOT NULL DEFAULT 'created' CHECK (state IN ('created', 'pending',
    'succeeded', 'failed', 'expired', 'partly_refunded', 'refunded', 'disputed', 'won', 'lost')),
  checkout_session_id text UNIQUE,
  checkout_url        text,
  -- The payment that was accepted for it; there is never another.
  payment_intent      text UNIQUE,
  failure_code        text,
  receipt_url         text,
  request_scope       text NOT NULL,
  request_key         text NOT NULL,
  fingerprint         text NOT NULL,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  paid_at             timestamptz,
  UNIQUE (request_scope, request_key)
);
CREATE INDEX top_ups_of_wallet ON top_ups (wallet_id, id DESC);
CREATE INDEX top_ups_open ON top_ups (created_at) WHERE state IN ('created', 'pending');

-- What Stripe has said about a payment, whichever event said it first. Facts only grow, so that their
-- order does not matter.
CREATE TABLE payments (
  payment_intent text PRIMARY KEY CHECK (length(payment_intent) BETWEEN 1 AND 255),
  top_up_id      text REFERENCES top_ups (id),
  accepted       boolean NOT NULL DEFAULT false,
  -- Why a payment was not credited: somebody has to look.
  refused        text,
  refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND 9007199254740991),
  refunds        jsonb NOT NULL DEFAULT '{}',
  disputes       jsonb NOT NULL DEFAULT '{}',
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_refused ON payments (created_at) WHERE refused IS NOT NULL AND NOT accepted;

-- What a payment does to its wallet, decided before any money moves; the key of each is its place.
CREATE TABLE payment_movements (
  payment_intent text NOT NULL REFERENCES payments (payment_intent),
  ordinal        integer NOT NULL CHECK (ordinal >= 0),
  purpose        text NOT NULL CHECK (purpose IN ('credit', 'bonus', 'refund', 'dispute')),
  amount_micros  bigint NOT NULL CHECK (amount_micros <> 0
    AND amount_micros BETWEEN -9007199254740991 AND 9007199254740991),
  created_at     timestamptz NOT NULL DEFAULT now(),
  -- When its row was in the ledger.
  done_at        timestamptz,
  PRIMARY KEY (payment_intent, ordinal)
);
CREATE INDEX payment_movements_open ON payment_movements (created_at) WHERE done_at IS NULL;

CREATE TABLE stripe_customers (
  organization_id text PRIMARY KEY REFERENCES organizations (id),
  customer_id     text NOT NULL UNIQUE
);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    GRANT SELECT ON top_up_packages, top_ups, payments, payment_movements TO ringfence_finance;
  END IF;
END
$$;

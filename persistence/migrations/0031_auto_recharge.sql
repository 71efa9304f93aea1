-- Wallets that charge a saved card of their owner's when they run low.
CREATE TABLE auto_recharges (
  wallet_id         text PRIMARY KEY REFERENCES wallets (id),
  organization_id   text NOT NULL REFERENCES organizations (id),
  -- Due while spendable is at or under this...
  threshold_micros  bigint NOT NULL CHECK (threshold_micros BETWEEN 0 AND 9007199254740991),
  -- ...and then charged by so much, as often as it takes to be above it, or up to a target.
  amount_micros     bigint CHECK (amount_micros BETWEEN 1 AND 9007199254740991),
  target_micros     bigint CHECK (target_micros BETWEEN 1 AND 9007199254740991),
  -- Caps of a day and a month in UTC; null: none.
  daily_max_micros   bigint CHECK (daily_max_micros BETWEEN 1 AND 9007199254740991),
  monthly_max_micros bigint CHECK (monthly_max_micros BETWEEN 1 AND 9007199254740991),
  daily_max_count    integer CHECK (daily_max_count BETWEEN 1 AND 1000),
  monthly_max_count  integer CHECK (monthly_max_count BETWEEN 1 AND 10000),
  cool_off_seconds  integer NOT NULL CHECK (cool_off_seconds BETWEEN 0 AND 86400),
  -- Declines in a row after which it stops.
  failures_max      integer NOT NULL CHECK (failures_max BETWEEN 1 AND 10),
  return_url        text NOT NULL,
  customer_id       text NOT NULL,
  -- Null: the card that the customer saved last; it is looked up before the next charge.
  payment_method    text,
  card_brand        text,
  card_last4        text,
  status            text NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'action_required', 'stopped')),
  stopped_reason    text,
  -- The last attempt, which is an order like others.
  attempt_id        text REFERENCES top_ups (id),
  -- The order on whose page the card's owner is to confirm.
  confirm_top_up_id text REFERENCES top_ups (id),
  failures          integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  -- Since which ledger entry spendable is at or under the threshold: written with that entry.
  below_since       timestamptz,
  -- No attempt before that: cool-off, back-off, or a cap.
  not_before        timestamptz NOT NULL DEFAULT to_timestamp(0),
  -- Which cap was reached; told of once.
  capped            text CHECK (capped IN ('daily', 'monthly')),
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT auto_recharges_size CHECK ((amount_micros IS NULL) <> (target_micros IS NULL)),
  CONSTRAINT auto_recharges_target CHECK (target_micros > threshold_micros),
  CONSTRAINT auto_recharges_reason CHECK ((status = 'active') = (stopped_reason IS NULL))
);
CREATE INDEX auto_recharges_due ON auto_recharges (not_before)
  WHERE status = 'active' AND below_since IS NOT NULL;
CREATE INDEX auto_recharges_unasked ON auto_recharges (wallet_id)
  WHERE status = 'action_required' AND confirm_top_up_id IS NULL;
CREATE INDEX auto_recharges_card ON auto_recharges (payment_method);
CREATE INDEX auto_recharges_customer ON auto_recharges (customer_id);

-- An attempt is an order whose card is charged without its owner. What Stripe is asked is in the row
-- before it is asked, so that whoever finds the row can ask the same again.
ALTER TABLE top_ups
  ADD COLUMN origin text NOT NULL DEFAULT 'order' CHECK (origin IN ('order', 'auto_recharge')),
  ADD COLUMN customer_id text,
  ADD COLUMN payment_method text,
  -- Nobody knows its outcome yet: when to ask again, and how often that was done.
  ADD COLUMN ask_at timestamptz,
  ADD COLUMN asked_times integer NOT NULL DEFAULT 0 CHECK (asked_times >= 0),
  ADD CONSTRAINT top_ups_recharge CHECK ((origin = 'auto_recharge') =
    (customer_id IS NOT NULL AND payment_method IS NOT NULL AND ask_at IS NOT NULL));
-- One in flight, in however many processes.
CREATE UNIQUE INDEX top_ups_one_recharge ON top_ups (wallet_id)
  WHERE origin = 'auto_recharge' AND state IN ('created', 'pending');
CREATE INDEX top_ups_recharges ON top_ups (wallet_id, created_at) WHERE origin = 'auto_recharge';
CREATE INDEX top_ups_ask ON top_ups (ask_at)
  WHERE origin = 'auto_recharge' AND state = 'created';

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    GRANT SELECT (origin) ON top_ups TO ringfence_finance;
    GRANT SELECT (wallet_id, organization_id, threshold_micros, amount_micros, target_micros,
      daily_max_micros, monthly_max_micros, daily_max_count, monthly_max_count, cool_off_seconds,
      failures_max, status, stopped_reason, attempt_id, failures, below_since, not_before, capped,
      created_at, updated_at) ON auto_recharges TO ringfence_finance;
  END IF;
END
$$;

-- Credit that a wallet with live calls gets while its card is being charged, and gives back when Stripe has
-- answered. Off unless somebody who may set limits allows it.
ALTER TABLE auto_recharges
  ADD COLUMN bridge_micros bigint NOT NULL DEFAULT 0
    CHECK (bridge_micros BETWEEN 0 AND 9007199254740991);
ALTER TABLE top_ups
  ADD COLUMN bridge_micros bigint NOT NULL DEFAULT 0
    CHECK (bridge_micros BETWEEN 0 AND credit_micros),
  ADD COLUMN bridge_returned_at timestamptz,
  ADD CONSTRAINT top_ups_bridge CHECK (bridge_micros = 0 OR origin = 'auto_recharge');
CREATE INDEX top_ups_bridged ON top_ups (created_at)
  WHERE bridge_micros > 0 AND bridge_returned_at IS NULL;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    GRANT SELECT (bridge_micros, bridge_returned_at) ON top_ups TO ringfence_finance;
    GRANT SELECT (bridge_micros) ON auto_recharges TO ringfence_finance;
  END IF;
END
$$;

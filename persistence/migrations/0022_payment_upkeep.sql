-- What is still to be asked about payments: Stripe's lists go by the time an object was made, and a
-- dispute or a refund may be decided weeks later with its event lost.
ALTER TABLE payments
  -- A refund is under way, or a dispute is not decided: a pass asks Stripe for it by its id.
  ADD COLUMN undecided boolean NOT NULL DEFAULT false;
UPDATE payments SET undecided = true WHERE refunds <> '{}' OR disputes <> '{}';
CREATE INDEX payments_undecided ON payments (payment_intent)
  WHERE undecided AND top_up_id IS NOT NULL;

-- A process may die between the last movement of a payment and the state of its top-up, whatever that
-- state was before: a refund, a dispute that was lost, an order that had expired and was paid after all.
ALTER TABLE payments
  -- Since when something was said of it from which its top-up's state has not been set.
  ADD COLUMN unsettled_since timestamptz;
UPDATE payments SET unsettled_since = now()
WHERE accepted AND (refunded_minor > 0 OR refunds <> '{}' OR disputes <> '{}' OR EXISTS (
  SELECT FROM top_ups WHERE id = payments.top_up_id
    AND state IN ('created', 'pending', 'failed', 'expired')));
CREATE INDEX payments_unsettled ON payments (unsettled_since) WHERE unsettled_since IS NOT NULL;

-- An organization's list of its orders, and what an order that was paid does to an auto-recharge.
CREATE INDEX top_ups_of_organization ON top_ups (organization_id, id DESC);
CREATE INDEX auto_recharges_confirm ON auto_recharges (confirm_top_up_id)
  WHERE confirm_top_up_id IS NOT NULL;

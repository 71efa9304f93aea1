-- Finance reads what was ordered and paid, and nothing that somebody could pay, order or repeat with.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    REVOKE SELECT ON top_ups FROM ringfence_finance;
    GRANT SELECT (id, organization_id, wallet_id, package_id, title, charge_minor, charge_currency,
      credit_micros, bonus_micros, save_card, state, payment_intent, failure_code, receipt_url,
      created_at, updated_at, paid_at) ON top_ups TO ringfence_finance;
  END IF;
END
$$;

-- What a payment gives back stands on the account it came from: the paid part on cash, its bonus on
-- promotions. Kinds stay what they are, because only they may go below zero (I3); the purpose of the
-- movement is in the details of its row.
ALTER TABLE payment_movements DROP CONSTRAINT payment_movements_purpose_check;
ALTER TABLE payment_movements ADD CONSTRAINT payment_movements_purpose_check
  CHECK (purpose IN ('credit', 'bonus', 'refund', 'refund_bonus', 'dispute', 'dispute_bonus'));

-- Rows of an earlier release have no purpose: they count as paid money.
CREATE FUNCTION counter_account(kind text, operation text, details jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind
  WHEN 'deposit' THEN 'cash'
  WHEN 'auto_recharge' THEN 'cash'
  WHEN 'dispute' THEN
    CASE details ->> 'purpose' WHEN 'dispute_bonus' THEN 'promotions' ELSE 'cash' END
  WHEN 'bonus' THEN 'promotions'
  WHEN 'refund' THEN 'refunds'
  WHEN 'charge' THEN 'usage'
  WHEN 'capture' THEN 'usage'
  WHEN 'adjustment' THEN CASE
    WHEN operation = 'settle' THEN 'usage'
    WHEN details ->> 'top_up_id' IS NULL THEN 'adjustments'
    WHEN details ->> 'purpose' = 'refund_bonus' THEN 'promotions'
    ELSE 'cash'
  END
  WHEN 'transfer' THEN 'transit'
  ELSE 'unknown'
END;

CREATE OR REPLACE VIEW ledger_postings WITH (security_invoker = true) AS
SELECT entry.id AS entry_id, entry.mutation_id, entry.wallet_id, wallet.organization_id,
       wallet.currency, side.account, side.amount_micros, entry.kind, entry.created_at,
       entry.occurred_at
FROM ledger_entries AS entry
JOIN wallets AS wallet ON wallet.id = entry.wallet_id
CROSS JOIN LATERAL (VALUES
  ('wallets', entry.amount_micros),
  (counter_account(entry.kind, entry.operation, entry.details), -entry.amount_micros)
) AS side (account, amount_micros)
WHERE entry.amount_micros <> 0;

CREATE OR REPLACE VIEW trial_balance WITH (security_invoker = true) AS
SELECT wallet.currency, side.account, sum(side.balance_micros) AS balance_micros
FROM wallet_snapshots AS snapshot
JOIN wallets AS wallet ON wallet.id = snapshot.wallet_id
CROSS JOIN LATERAL (VALUES
  ('available', snapshot.posted_micros - snapshot.held_micros),
  ('held', snapshot.held_micros)
) AS side (account, balance_micros)
GROUP BY wallet.currency, side.account
UNION ALL
SELECT wallet.currency, counter_account(entry.kind, entry.operation, entry.details),
       -sum(entry.amount_micros)
FROM ledger_entries AS entry
JOIN wallets AS wallet ON wallet.id = entry.wallet_id
WHERE entry.amount_micros <> 0
GROUP BY 1, 2;

DROP FUNCTION counter_account(text, text);

-- Double entry (I13). A ledger row says what its wallet gained or lost; its kind says what stood on
-- the other side. Holds, releases and limits move no posted money and have no other side: an amount
-- on one of them would show as `unknown`.
--
--   cash         paid in by card or by hand, and taken back by a dispute
--   promotions   given away as bonus            usage        charges and calls, with their settlement
--   refunds      given back                     adjustments  an operator's corrections
--   transit      taken out of one wallet and not yet put into the other
CREATE FUNCTION counter_account(kind text, operation text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind
  WHEN 'deposit' THEN 'cash'
  WHEN 'auto_recharge' THEN 'cash'
  WHEN 'dispute' THEN 'cash'
  WHEN 'bonus' THEN 'promotions'
  WHEN 'refund' THEN 'refunds'
  WHEN 'charge' THEN 'usage'
  WHEN 'capture' THEN 'usage'
  WHEN 'adjustment' THEN CASE operation WHEN 'settle' THEN 'usage' ELSE 'adjustments' END
  WHEN 'transfer' THEN 'transit'
  ELSE 'unknown'
END;

-- Both sides of every row that moved posted money: each mutation sums to zero.
CREATE VIEW ledger_postings WITH (security_invoker = true) AS
SELECT entry.id AS entry_id, entry.mutation_id, entry.wallet_id, wallet.organization_id,
       wallet.currency, side.account, side.amount_micros, entry.kind, entry.created_at,
       entry.occurred_at
FROM ledger_entries AS entry
JOIN wallets AS wallet ON wallet.id = entry.wallet_id
CROSS JOIN LATERAL (VALUES
  ('wallets', entry.amount_micros),
  (counter_account(entry.kind, entry.operation), -entry.amount_micros)
) AS side (account, amount_micros)
WHERE entry.amount_micros <> 0;

-- The wallets' side is what their snapshots say, the other side what the rows say: the two are
-- written by one transaction and nothing else ties them, so a sum of zero proves something.
-- Positive: we owe it or have earned it. Negative: we were paid it, or gave it away.
CREATE VIEW trial_balance WITH (security_invoker = true) AS
SELECT wallet.currency, side.account, sum(side.balance_micros) AS balance_micros
FROM wallet_snapshots AS snapshot
JOIN wallets AS wallet ON wallet.id = snapshot.wallet_id
CROSS JOIN LATERAL (VALUES
  ('available', snapshot.posted_micros - snapshot.held_micros),
  ('held', snapshot.held_micros)
) AS side (account, balance_micros)
GROUP BY wallet.currency, side.account
UNION ALL
SELECT wallet.currency, counter_account(entry.kind, entry.operation), -sum(entry.amount_micros)
FROM ledger_entries AS entry
JOIN wallets AS wallet ON wallet.id = entry.wallet_id
WHERE entry.amount_micros <> 0
GROUP BY 1, 2;

-- Where a stretch of time lies in a ledger that is written in the order of time: a few pages.
CREATE INDEX ledger_entries_created ON ledger_entries USING brin (created_at);
-- The last digest that has a wallet: where a verification of recent rows begins.
CREATE INDEX ledger_digests_wallet ON ledger_digests (wallet_id, day) WHERE wallet_id <> '';

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    GRANT SELECT ON ledger_postings, trial_balance TO ringfence_finance;
  END IF;
END
$$;

-- A read-only role for finance, where we may make one. It cannot log in by itself: the operator
-- grants it to a login. Roles belong to the whole server, so another database's migration may be
-- making the same role at this moment; losing that race is fine. Key hashes are not for finance.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    CREATE ROLE ringfence_finance NOLOGIN;
    ALTER ROLE ringfence_finance SET statement_timeout = '30s';
    ALTER ROLE ringfence_finance SET default_transaction_read_only = on;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE NOTICE 'ringfence_finance not made: the migrating role may not create roles';
  WHEN duplicate_object OR unique_violation OR internal_error THEN
    NULL;
END
$$;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ringfence_finance') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO ringfence_finance', current_schema());
    GRANT SELECT ON organizations, wallets, wallet_snapshots, ledger_entries,
      ledger_digests, ledger_quarantine, holds, calls, call_links, call_events, prices,
      transfers, journal_cursors TO ringfence_finance;
  END IF;
END
$$;

-- When Redis was brought in step with the ledger because of a record. An open fork, and whatever an
-- operator has released, overrules what Redis has; until that has happened the recovery gate has work
-- left, whoever was to start it. Once done it is not done again: what a wallet does in Redis afterwards
-- waits in quarantine and must not be undone by the next recovery.
ALTER TABLE ledger_quarantine ADD COLUMN restored_at timestamptz;
UPDATE ledger_quarantine SET restored_at = released_at WHERE released_at IS NOT NULL;
CREATE INDEX ledger_quarantine_overruling ON ledger_quarantine (partition)
  WHERE restored_at IS NULL AND kind <> 'natural_key' AND (kind = 'fork' OR released_at IS NOT NULL);

-- The flag changes so rarely that it costs no page its in-place updates.
CREATE INDEX wallet_snapshots_quarantined ON wallet_snapshots (partition, wallet_id)
  WHERE quarantined;

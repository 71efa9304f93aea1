-- Transfers are read by id and listed by time. Those inside a partition are two rows of one ledger
-- mutation and nothing else; row 0 is the payer's. Few rows match, so the indexes stay small.
CREATE INDEX ledger_entries_transfer ON ledger_entries ((details ->> 'transfer_id'))
  WHERE operation = 'transfer' AND row_index = 0;
CREATE INDEX ledger_entries_transfers_newest
  ON ledger_entries (created_at DESC, (details ->> 'transfer_id') DESC)
  WHERE operation = 'transfer' AND row_index = 0;
CREATE INDEX transfers_newest ON transfers (created_at DESC, id DESC);
-- Refusals of the last hours are compared with the ledger.
CREATE INDEX transfers_refused ON transfers (updated_at) WHERE state = 'refused';

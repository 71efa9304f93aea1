-- What an adapter needs to answer for a bound number, such as the assistant that takes its calls.
ALTER TABLE provider_bindings ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}';

-- A call id is looked up with its organization and, in a wallet's list of entries, without it.
-- One index serves both with the call id first.
DROP INDEX holds_call;
CREATE INDEX holds_call ON holds (call_id, organization_id) WHERE call_id IS NOT NULL;
-- A platform or agency key may name a call without its organization.
CREATE INDEX calls_call ON calls (call_id, organization_id);
-- The platform lists every call, newest first.
CREATE INDEX calls_newest_of_all ON calls (created_at DESC, organization_id DESC, call_id DESC);
-- An agency's or client's wallets and keys, newest first.
CREATE INDEX wallets_newest ON wallets (organization_id, id DESC);

-- Open holds by when they were closed, not by their state: a hold that is answered, or whose money runs
-- short, stays on its page with all its index entries (HOT). holds_closed_has_a_time makes the two the
-- same. Queries of open holds have to say `closed_at IS NULL`, or they cannot use it.
-- Built before the old one goes, so that holds can be read meanwhile.
CREATE INDEX holds_open_new ON holds (partition, id) WHERE closed_at IS NULL;
DROP INDEX holds_open;
ALTER INDEX holds_open_new RENAME TO holds_open;

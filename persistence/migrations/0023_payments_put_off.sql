-- A payment whose movements could not be made is taken up again later and later, so that it does not
-- hold up the others.
ALTER TABLE payments
  ADD COLUMN put_off_times integer NOT NULL DEFAULT 0 CHECK (put_off_times >= 0),
  ADD COLUMN put_off_until timestamptz;

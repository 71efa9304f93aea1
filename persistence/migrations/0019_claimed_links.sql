-- True while only somebody with a key says that the provider's id is this call's. The provider's own
-- message that names another call takes the id back.
ALTER TABLE call_links ADD COLUMN claimed boolean NOT NULL DEFAULT false;

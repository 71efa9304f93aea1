-- What deciding whose turn it is needs to know of deliveries.
ALTER TABLE notification_deliveries
  -- Failures since its endpoint was found to be up again after it was down: by these it is put off and
  -- holds back later events of its subject. `attempts` counts all of them.
  ADD COLUMN strikes integer NOT NULL DEFAULT 0 CHECK (strikes >= 0);
UPDATE notification_deliveries SET strikes = attempts WHERE state = 'pending' AND attempts > 0;

ALTER TABLE notification_endpoints
  -- What its answers asked for (Retry-After). quiet_until is our own patience while it is down, which
  -- the next success ends.
  ADD COLUMN asked_until timestamptz;

-- The subjects that wait for one of their events: under way, or to be tried again.
CREATE INDEX notification_deliveries_tried ON notification_deliveries (endpoint_id, subject)
  WHERE state = 'pending' AND (strikes > 0 OR claimed_until IS NOT NULL);
-- How many letters a person got in an hour.
CREATE INDEX notification_deliveries_delivered ON notification_deliveries (endpoint_id, delivered_at)
  WHERE state = 'delivered';

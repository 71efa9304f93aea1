-- organization_id '' is the platform's default. A price is by the minute or by the unit.
CREATE TABLE prices (
  organization_id        text NOT NULL DEFAULT '',
  book                   text NOT NULL CHECK (book IN ('retail', 'wholesale')),
  service                text NOT NULL CHECK (length(service) BETWEEN 1 AND 128),
  unit                   text NOT NULL CHECK (length(unit) BETWEEN 1 AND 64),
  rate_micros_per_minute bigint CHECK (rate_micros_per_minute BETWEEN 0 AND 1000000000),
  unit_price_micros      bigint CHECK (unit_price_micros BETWEEN 0 AND 9007199254740991),
  initial_seconds        integer NOT NULL DEFAULT 1 CHECK (initial_seconds BETWEEN 1 AND 3600),
  subsequent_seconds     integer NOT NULL DEFAULT 1 CHECK (subsequent_seconds BETWEEN 1 AND 3600),
  exact                  boolean NOT NULL DEFAULT false,
  connection_fee_micros  bigint NOT NULL DEFAULT 0
    CHECK (connection_fee_micros BETWEEN 0 AND 9007199254740991),
  minimum_micros         bigint NOT NULL DEFAULT 0
    CHECK (minimum_micros BETWEEN 0 AND 9007199254740991),
  currency               text NOT NULL CHECK (currency ~ '^[a-z][a-z0-9_]{1,15}$'),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, book, service),
  CONSTRAINT prices_one_measure
    CHECK ((rate_micros_per_minute IS NULL) <> (unit_price_micros IS NULL)),
  CONSTRAINT prices_wholesale_has_an_agency CHECK (book = 'retail' OR organization_id <> '')
);

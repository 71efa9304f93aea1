-- Stripe tells of the charge, with its receipt, before it tells that the payment succeeded.
ALTER TABLE payments ADD COLUMN receipt_url text;

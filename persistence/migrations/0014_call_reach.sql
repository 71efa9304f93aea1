-- The leg of a call at Twilio: the second way to end it when its provider refuses.
ALTER TABLE call_links ADD COLUMN twilio_call_sid text
  CHECK (length(twilio_call_sid) BETWEEN 1 AND 64);

import { type EndReading, reading, unknownReading } from '../outcome.ts';

const completed = reading('completed', true);
const noAnswer = reading('no_answer', false);
const neverStarted = reading('failed', false);
const broken = reading('failed', true);

/** Retell's closed list: who ended the call, or why it never began. */
const READINGS: ReadonlyMap<string, EndReading> = new Map([
  ['user_hangup', completed],
  ['agent_hangup', completed],
  ['call_transfer', completed],
  ['transfer_bridged', completed],
  ['transfer_cancelled', completed],
  ['call_take_over', completed],
  ['inactivity', completed],
  ['max_duration_reached', completed],
  ['manual_stopped', completed],
  ['ivr_reached', completed],
  ['voicemail_reached', reading('voicemail', true)],
  ['dial_busy', noAnswer],
  ['dial_no_answer', noAnswer],
  ['dial_failed', neverStarted],
  ['user_declined', noAnswer],
  ['invalid_destination', neverStarted],
  ['concurrency_limit_reached', neverStarted],
  ['no_concurrency_fallback', neverStarted],
  ['no_valid_payment', neverStarted],
  ['scam_detected', broken],
  ['marked_as_spam', neverStarted],
  ['telephony_provider_permission_denied', neverStarted],
  ['telephony_provider_unavailable', neverStarted],
  ['sip_routing_error', neverStarted],
  ['registered_call_timeout', neverStarted],
  ['error_user_not_joined', neverStarted],
  ['error_llm_websocket_open', broken],
  ['error_llm_websocket_lost_connection', broken],
  ['error_llm_websocket_runtime', broken],
  ['error_llm_websocket_corrupt_payload', broken],
  ['error_no_audio_received', broken],
  ['error_asr', broken],
  ['error_retell', broken],
  ['error_unknown', broken],
]);

/** Reads Retell's `disconnection_reason`. A reason not in the list is settled by time. */
export function readDisconnectionReason(
  reason: string,
  durationMs: number | undefined,
): EndReading {
  return READINGS.get(reason) ?? unknownReading(durationMs);
}

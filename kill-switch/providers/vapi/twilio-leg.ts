import { at, textAt } from '../json.ts';

/** The leg of a Vapi call at Twilio, which can be ended there too if the account is ours. */
export function twilioLeg(call: unknown): string | undefined {
  if (at(call, 'phoneCallProvider') !== 'twilio') return undefined;
  return textAt(call, 'phoneCallProviderId');
}

import type { Faults } from './faults.ts';
import type { PhoneCall } from './phone-call.ts';

/**
 * What becomes of a request to end this call, by the faults of the server under those of the call: so
 * many are refused, so many after them are only seemingly obeyed. Counts the request.
 */
export function hangUpVerdict(call: PhoneCall, server: Faults): 'obeyed' | 'refused' | 'ignored' {
  const faults = { ...server.hangUps, ...call.script.faults?.hangUps };
  const number = call.hangUpsReceived;
  call.hangUpsReceived += 1;
  const refused = count(faults.refused);
  if (number < refused) return 'refused';
  return number < refused + count(faults.ignored) ? 'ignored' : 'obeyed';
}

function count(times: number | 'always' | undefined): number {
  return times === 'always' ? Number.POSITIVE_INFINITY : (times ?? 0);
}

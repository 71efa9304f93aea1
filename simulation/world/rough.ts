/** What goes wrong in a rough world. */
import type { Faults } from '../providers/index.ts';
import type { ProviderName, WorldOptions } from './options.ts';

/** Of the requests to a provider so many fail: two thirds without effect, one third with it. */
const FAILS = { errorBefore: 0.2, errorAfter: 0.1 };
const UNRULY = { duplicate: 0.1, disorder: 0.1, disorderMs: [200, 3_000] as [number, number] };
/** Vapi and Retell tell an end twice: of the calls that lose 30% of each, 9% lose both. */
const LOSES_ONE_OF_TWO = { lost: 0.3 };
const LOSES = { lost: 0.1 };

const LOST: Readonly<Record<ProviderName, Faults['webhooks']>> = {
  vapi: {
    'status-update in-progress': LOSES,
    'status-update ended': LOSES_ONE_OF_TWO,
    'end-of-call-report': LOSES_ONE_OF_TWO,
  },
  retell: {
    call_started: LOSES,
    call_ended: LOSES_ONE_OF_TWO,
    call_analyzed: LOSES_ONE_OF_TWO,
  },
  twilio: { answered: LOSES, completed: LOSES },
};

export function faultsOf(provider: ProviderName, { faults }: Pick<WorldOptions, 'faults'>): Faults {
  if (faults === 'none') return {};
  return { requests: { '*': FAILS }, webhooks: { '*': UNRULY, ...LOST[provider] } };
}

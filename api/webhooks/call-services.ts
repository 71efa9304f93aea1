import type { CallSessions } from '../../kill-switch/index.ts';
import type { Services } from '../services.ts';

/** What the call routes work with: everything the others have, and the call sessions. */
export interface CallServices extends Services {
  readonly sessions: CallSessions;
}

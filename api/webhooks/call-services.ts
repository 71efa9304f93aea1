import type { CallSessions, DialOnce, SaidOver } from '../../kill-switch/index.ts';
import type { CredentialBook } from '../credentials/credential-book.ts';
import type { Services } from '../services.ts';

/** What the call routes work with: everything the others have, and the call sessions. */
export interface CallServices extends Services {
  readonly sessions: CallSessions;
  /** Places calls at their providers. */
  readonly dial: DialOnce;
  /** Looks after calls that a caller ended. */
  readonly saidOver: Pick<SaidOver, 'watch'>;
  /** Organizations' own credentials at their providers. */
  readonly credentials: CredentialBook;
}

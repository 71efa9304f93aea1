import type { CallSessions, DialOnce } from '../../kill-switch/index.ts';
import type { CredentialBook } from '../credentials/credential-book.ts';
import type { Services } from '../services.ts';

/** What the call routes work with: everything the others have, and the call sessions. */
export interface CallServices extends Services {
  readonly sessions: CallSessions;
  /** Places calls at their providers. */
  readonly dial: DialOnce;
  /** Organizations' own credentials at their providers. */
  readonly credentials: CredentialBook;
}

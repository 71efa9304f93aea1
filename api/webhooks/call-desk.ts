/** Everything the call and webhook routes work with, made of the engine and the directory. */
import { type Engine, type LedgerSource, OutageError } from '../../engine/index.ts';
import {
  type ApplyEvent,
  type CallDirectory,
  type CallSessions,
  createApplyEvent,
  createCallSessions,
  createInboxWorker,
  type InboxWorker,
  type Log,
  type UnknownEvent,
} from '../../kill-switch/index.ts';
import { type Directory, isPostgresOutage } from '../../persistence/index.ts';
import type { CredentialBook } from '../credentials/credential-book.ts';
import { callDirectory, callRecords, eventInbox } from './doors.ts';

/** The platform's own webhook secrets. Two of one provider while one is being rotated out. */
export interface WebhookSecrets {
  readonly vapi: readonly string[];
  readonly retell: readonly string[];
  /** Auth tokens of the Twilio account. */
  readonly twilio: readonly string[];
}

export interface CallDesk {
  /** Where providers reach this server. Twilio signs the address, so without it none gets in. */
  readonly publicUrl: string | undefined;
  readonly sessions: CallSessions;
  readonly directory: CallDirectory;
  readonly apply: ApplyEvent;
  readonly inbox: InboxWorker;
  readonly secrets: WebhookSecrets;
  /** Organizations' own. */
  readonly credentials: CredentialBook;
  readonly log: Log;
  /** An event of this provider was too large to be read. */
  readonly overLimit: (provider: string) => void;
  /** True for every error that means that a store is away for now. */
  readonly isOutage: (error: unknown) => boolean;
  /** Epoch ms, for the age of signatures. */
  readonly nowMs: () => number;
  /** Stops applying stored events and writes what waits to be written. */
  stop(): Promise<void>;
}

export interface CallDeskOptions {
  readonly engine: Engine;
  readonly directory: Directory;
  readonly ledger: Pick<LedgerSource, 'hold'>;
  readonly partitions: number;
  readonly secrets: WebhookSecrets;
  readonly credentials: CredentialBook;
  readonly publicUrl: string | undefined;
  readonly overLimit: (provider: string) => void;
  /** Told of each message or end reason that this release does not know. */
  readonly unknownEvent?: UnknownEvent;
  readonly log: Log;
  /** How long an authorize waits for the call's record. */
  readonly recordPatienceMs?: number;
  /** For tests. */
  readonly nowMs?: () => number;
}

/** Starts nothing: call `inbox.start()` in a process that serves the API. */
export function createCallDesk(options: CallDeskOptions): CallDesk {
  const { engine, ledger, partitions, secrets, log } = options;
  const nowMs = options.nowMs ?? Date.now;
  const directory = callDirectory(options.directory);
  const sessions = createCallSessions({
    engine,
    directory,
    records: callRecords(options.directory),
    partitions,
    log,
    ledgerHold: (holdId) => ledger.hold(holdId),
    isOutage: isPostgresOutage,
    recordPatienceMs: options.recordPatienceMs,
    nowMs,
  });
  const isOutage = (error: unknown) => error instanceof OutageError || isPostgresOutage(error);
  const apply = createApplyEvent(sessions, log, options.unknownEvent);
  const inbox = createInboxWorker({
    inbox: eventInbox(options.directory),
    apply,
    log,
    isOutage,
  });
  return {
    sessions,
    directory,
    apply,
    inbox,
    secrets,
    credentials: options.credentials,
    publicUrl: options.publicUrl,
    overLimit: options.overLimit,
    log,
    isOutage,
    nowMs,
    async stop() {
      await inbox.stop();
      await sessions.stop();
    },
  };
}

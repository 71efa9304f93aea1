/** Call sessions: everything that can happen to a metered call, one method per verb. */
import { type Engine, type HoldState, OutageError } from '../../engine/index.ts';
import { type EndTerms, endTermsOf } from '../cutoff/terms.ts';
import type { CallDirectory, CallRecords, CutoffState, Log } from '../doors.ts';
import type { CallReference } from '../providers/event.ts';
import { type AffordsRequest, affordsCall } from './affords.ts';
import { type AuthorizeCall, authorizeCall } from './authorize.ts';
import type { Call } from './call.ts';
import { type CheckCall, checkCall, startCall, unknownCall, unreachable } from './check.ts';
import { note, type SessionContext } from './context.ts';
import { type EndCall, endCall } from './end.ts';
import { describe } from './facts.ts';
import { findCall, ownersOf } from './find-call.ts';
import { identify, organizationsWithCall } from './identity.ts';
import { type CallIdentity, createKnownCalls } from './known-calls.ts';
import { linkCall, type NewLink } from './link.ts';
import { createReaches } from './reach.ts';
import { createWriteBehind } from './write-behind.ts';

export interface CallSessionsOptions {
  readonly engine: Engine;
  readonly directory: CallDirectory;
  readonly records: CallRecords;
  /** The number of partitions, fixed at first boot. */
  readonly partitions: number;
  readonly log: Log;
  /** The last committed state of a hold. It may fail or be slow: it is asked in outages only. */
  readonly ledgerHold?: (holdId: string) => Promise<HoldState | undefined>;
  /** True for errors of a database that is away. The engine's own outages are known. */
  readonly isOutage?: (error: unknown) => boolean;
  /** How long an authorize waits for the call's record; default 250. */
  readonly recordPatienceMs?: number | undefined;
  /** Epoch ms; for tests. */
  readonly nowMs?: () => number;
}

const RECORD_PATIENCE_MS = 250;

export type CallSessions = ReturnType<typeof createCallSessions>;

export function createCallSessions(options: CallSessionsOptions) {
  const context = contextOf(options);
  const answered = async (call: CallIdentity, hold: HoldState): Promise<Call> =>
    describe(context, call, hold);

  return {
    /** Holds the first stretch of a call, or refuses and says who is short. */
    authorize: (request: AuthorizeCall) => authorizeCall(context, request),

    /** Could a call start now? Holds nothing, so the answer is good for this moment only. */
    affords: (request: AffordsRequest) => affordsCall(context, request),

    /** The call was answered: the clock runs from `startedAtMs` (default: now). */
    async start(call: CallIdentity, startedAtMs?: number) {
      const reply = await startCall(context, call, startedAtMs);
      if (reply.status === 'call_not_found') return reply;
      return { status: reply.status, call: await answered(call, reply.hold) } as const;
    },

    /** Must the call end? Answers during an outage as well. */
    check: (call: CallIdentity, request: CheckCall) => checkCall(context, call, request),

    /** What a check about a call nobody authorized answers. */
    checkUnknown: (organizationId: string | undefined) => unknownCall(context, organizationId),

    /** What a check answers when not even the call can be looked up. Bounded by the grace. */
    checkUnreachable: () => unreachable(context),

    /** The call is over. */
    async end(call: CallIdentity, request: EndCall) {
      const reply = await endCall(context, call, request);
      if (reply.status !== 'ended') return reply;
      const { settled, hold } = reply;
      return { status: 'ended', settled, call: await answered(call, hold) } as const;
    },

    /** Tells which provider id a call has, so that the provider's messages find it. */
    async link(call: CallIdentity, link: NewLink, word: 'ours' | 'callers' = 'ours') {
      const reply = await linkCall(context, call, link, word);
      if (reply.status !== 'linked') return reply;
      return { status: 'linked', call: await answered(call, reply.hold) } as const;
    },

    /** The call as it stands; undefined when there is no such call. */
    async get(call: CallIdentity): Promise<Call | undefined> {
      const hold = await context.engine.hold(call.partition, call.holdId);
      return hold === undefined ? undefined : await answered(call, hold);
    },

    describe: answered,
    identify: (organizationId: string, callId: string) => identify(context, organizationId, callId),
    organizationsWithCall: (callId: string) => organizationsWithCall(context, callId),
    findCall: (reference: CallReference) => findCall(context, reference),
    ownersOf: (reference: CallReference) => ownersOf(context, reference),
    note: (
      call: { organizationId: string; callId: string },
      kind: string,
      details: Record<string, unknown>,
    ) => note(context, call, kind, details),

    /** How the call is reached at its provider. @throws when nobody can tell just now */
    reach: (call: CallIdentity, fresh?: boolean) => context.reaches.of(call, fresh),

    /** Remembers how the call is reached, from a message of its provider. Never waits. */
    learn: (call: CallIdentity, message: CallReference) => context.reaches.learn(call, message),

    /** How the organization wants its calls to end. */
    endTerms: (organizationId: string): Promise<EndTerms> =>
      endTermsOf(context.directory, organizationId),

    /** How far the records say the cutoff has come. @throws when they are away */
    async cutoffState(call: CallIdentity): Promise<CutoffState> {
      const record = await context.records.find(call.organizationId, call.callId);
      return record?.cutoffState ?? 'none';
    },

    /** Writes how far the cutoff has come. Never waits, never fails. */
    cutoffMoved({ organizationId, callId }: CallIdentity, state: CutoffState): void {
      void context.cutoffMoves.write({ organizationId, callId, state });
    },

    /** Whether the timeline has a warning that no rescue followed. @throws when it is away */
    async wasWarned({ organizationId, callId }: CallIdentity): Promise<boolean> {
      const kinds = await context.records.eventKinds(organizationId, callId);
      return kinds.lastIndexOf('warned') > kinds.lastIndexOf('rescued');
    },

    /** Renews what this process remembers of a call, for the answers of an outage. */
    saw: (holdId: string, hold: HoldState) => context.known.saw(holdId, hold),

    /** Writes what waits to be written; at most `timeoutMs`. */
    async stop(timeoutMs = 5_000): Promise<void> {
      const { newRecords, newEvents, cutoffMoves } = context;
      await Promise.all([newRecords, newEvents, cutoffMoves].map((all) => all.stop(timeoutMs)));
    },
  };
}

/** How long a look at the ledger may take while the engine is away: the asker waits in a call. */
const LEDGER_PATIENCE_MS = 300;

function contextOf(options: CallSessionsOptions): SessionContext {
  const { engine, directory, records, partitions, log } = options;
  const nowMs = options.nowMs ?? Date.now;
  const isOutage = (error: unknown) =>
    error instanceof OutageError || (options.isOutage?.(error) ?? false);
  return {
    engine,
    directory,
    records,
    partitions,
    log,
    nowMs,
    isOutage,
    known: createKnownCalls(),
    startedAtMs: nowMs(),
    ledgerHold: (holdId) => patiently(options.ledgerHold?.(holdId)),
    reaches: createReaches(records, log),
    recordPatienceMs: options.recordPatienceMs ?? RECORD_PATIENCE_MS,
    cutoffMoves: createWriteBehind({
      name: 'cutoff states',
      insert: (items) => records.moveCutoffs(items),
      isOutage,
      log,
    }),
    newRecords: createWriteBehind({
      name: 'call records',
      insert: (items) => records.insertMany(items),
      isOutage,
      log,
    }),
    newEvents: createWriteBehind({
      name: 'call events',
      insert: (items) => records.appendEvents(items),
      isOutage,
      log,
    }),
  };
}

async function patiently<T>(answer: Promise<T | undefined> | undefined): Promise<T | undefined> {
  if (answer === undefined) return undefined;
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), LEDGER_PATIENCE_MS).unref();
  });
  return await Promise.race([answer.catch(() => undefined), late]);
}

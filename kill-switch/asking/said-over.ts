/**
 * Somebody with a key said that a call is over, and its hold is closed. Whether the conversation is
 * over only its provider knows, so it is asked a moment later. A call that goes on there is ended, and
 * its record settles what was said: nobody talks for nothing. What this process does not live to do
 * the reconciler does.
 */
import { EVIDENCE, type HoldState } from '../../engine/index.ts';
import type { Log } from '../doors.ts';
import { createPool } from '../enforcer/pool.ts';
import { type ProviderClient, ProviderOutage, type ProviderRecord } from '../providers/client.ts';
import type { ProviderClients } from '../providers/clients.ts';
import { isOpen } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { Asking } from './asking.ts';

/** The provider's own event mostly comes by then, and saves the question. */
const FIRST_LOOK_MS = 1_500;
const PAUSE_MAX_MS = 15_000;
/** Looks after a call that its provider has, or that nobody can ask about. */
const LOOKS_MAX = 8;
const AT_A_TIME_MAX = 16;
/** Beyond it calls are left to the reconciler. */
const WAITING_MAX = 10_000;

export interface SaidOver {
  /** Looks after a call that a caller ended. Never waits, never fails. */
  watch(call: CallIdentity, provider: string): void;
  /** Ends after the looks under way; calls that wait for theirs are left to the reconciler. */
  stop(): Promise<void>;
}

export interface SaidOverOptions {
  readonly asking: Pick<Asking, 'askAfter'>;
  readonly clients: Pick<ProviderClients, 'clientFor'>;
  readonly sessions: Pick<CallSessions, 'note'>;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** What a look found: nothing more to do; not to be seen there yet; to be looked at again. */
type Found = 'over' | 'not_yet' | 'again';

export function createSaidOver(options: SaidOverOptions): SaidOver {
  const { log } = options;
  const pool = createPool(AT_A_TIME_MAX);
  const timers = new Set<NodeJS.Timeout>();
  /** Holds that are looked after: who repeats it is not looked after twice. */
  const watched = new Set<string>();
  let stopped = false;

  function later(call: CallIdentity, provider: string, looks: number): void {
    if (stopped || timers.size + pool.waiting() >= WAITING_MAX) {
      watched.delete(call.holdId);
      return;
    }
    const pauseMs = Math.min(PAUSE_MAX_MS, FIRST_LOOK_MS * 2 ** looks);
    const timer = setTimeout(() => {
      timers.delete(timer);
      pool.run(() => look(call, provider, looks));
    }, pauseMs);
    timer.unref();
    timers.add(timer);
  }

  async function look(call: CallIdentity, provider: string, looks: number): Promise<void> {
    const fields = { call_id: call.callId, provider };
    let found: Found = 'again';
    try {
      found = await lookAt(options, call, provider);
    } catch (error) {
      log.warn(
        { err: error, ...fields },
        'a call that was said to be over could not be looked after',
      );
    }
    if (found === 'not_yet') later(call, provider, Math.min(looks + 1, LOOKS_MAX - 1));
    else if (found === 'again' && looks + 1 < LOOKS_MAX) later(call, provider, looks + 1);
    else watched.delete(call.holdId);
    if (found === 'again' && looks + 1 >= LOOKS_MAX) {
      log.error(fields, 'a call that was said to be over may go on at its provider');
    }
  }

  return {
    watch(call, provider) {
      if (watched.has(call.holdId)) return;
      watched.add(call.holdId);
      later(call, provider, 0);
    },
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await pool.idle();
    },
  };
}

/** Asks, and ends what goes on. */
async function lookAt(
  { asking, clients, sessions, log, nowMs }: SaidOverOptions,
  call: CallIdentity,
  provider: string,
): Promise<Found> {
  const client = await clients.clientFor(provider, call.organizationId);
  if (client === undefined) return 'over';
  const asked = await asking.askAfter(call.partition, call.holdId);
  if (asked.status === 'cannot_ask') return 'again';
  // Whoever says that a call is over may place it afterwards.
  if (asked.status === 'not_found') return nowMs() < asked.appearsUntilMs ? 'not_yet' : 'over';
  if (asked.status !== 'live' && asked.status !== 'ringing') return 'over';
  await endUnpaid({ sessions, log }, client, call, asked.record);
  return 'again';
}

/** A call that is closed for us and goes on at its provider: ended there. */
export async function endUnpaid(
  { sessions, log }: Pick<SaidOverOptions, 'sessions' | 'log'>,
  client: ProviderClient,
  call: CallIdentity,
  { provider, providerCallId, controlUrl, twilioCallSid }: ProviderRecord,
): Promise<void> {
  const push = await client.hangUp({ providerCallId, controlUrl, twilioCallSid }).catch((error) => {
    if (error instanceof ProviderOutage) return { status: 'unreachable' } as const;
    throw error;
  });
  sessions.note(call, 'ended_unpaid', { provider, result: push.status });
  const fields = { call_id: call.callId, provider, result: push.status };
  log.warn(fields, 'a call that was over for us went on at its provider and was told to end');
}

/** Closed, and not on the word of the platform's account or webhook: its call may go on. */
export function isSaidOver(hold: HoldState): boolean {
  return !isOpen(hold) && hold.evidence < EVIDENCE.provider_webhook;
}

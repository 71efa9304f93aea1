/** What the enforcer does for one member of a due set: a hold, or a wallet that got money. */
import { type HoldState, OutageError } from '../../engine/index.ts';
import { Cutoffs } from '../cutoff/cutoffs.ts';
import { createEngineClock } from '../cutoff/engine-clock.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { EnforcerOptions } from './enforcer.ts';
import { createPool } from './pool.ts';
import { createQuestions, type Questions } from './questions.ts';
import { createWakes, type Extended, type Wakes } from './wakes.ts';

/** A silent call that may not be ended yet is looked at again this much later. */
const LOOK_AGAIN_MS = 5_000;
const WAITING_MAX = 100_000;
/** Calls whose exact moment has come are looked at in a pool of their own: nothing delays them. */
const MOMENTS_MAX = 64;

export class MemberHandler {
  readonly #options: EnforcerOptions;
  readonly #clock = createEngineClock();
  readonly #cutoffs: Cutoffs;
  readonly #moments = createPool(MOMENTS_MAX);
  /** Silent holds, and until when there is nothing to do for them. */
  readonly #waitUntilMs = new Map<string, number>();
  /** What providers are asked before a call is judged by time. */
  readonly #questions: Questions;
  readonly #wakes: Wakes;
  #watchingSinceMs: number | undefined;

  constructor(options: EnforcerOptions) {
    this.#options = options;
    const expire = this.#expire.bind(this);
    this.#questions = createQuestions(options.asking, expire, options.log);
    const { engine } = options;
    this.#wakes = createWakes(
      (partition, walletId, limit) => engine.finals(partition, walletId, limit),
      (partition, holdId) => this.#extendFinal(partition, holdId),
    );
    const { cutoff: doors, note = ignore, log, confirmMs } = options;
    const context = { doors, note, log, confirmMs };
    this.#cutoffs = new Cutoffs(context, this.#clock, (call) => {
      this.#moments.run(() => this.#moment(call));
    });
  }

  /** Never throws: a member that fails comes back when its lease ends. */
  async work(partition: number, member: string, nowMs: number): Promise<void> {
    const { log } = this.#options;
    try {
      if (member.startsWith('wal_')) await this.#wakes.wake(partition, member);
      else await this.#hold(partition, member, nowMs);
    } catch (error) {
      const fields = { err: error, partition, member };
      if (error instanceof OutageError) log.warn(fields, 'a due call must wait for the engine');
      else log.error(fields, 'a due call could not be handled');
    }
  }

  /** Nothing new is begun; settles when no order and no question is under way. */
  async stop(): Promise<void> {
    await this.#cutoffs.stop();
    await Promise.all([this.#moments.idle(), this.#questions.idle()]);
  }

  /** The engine answered: its clock stands at `nowMs`. */
  sawClock(nowMs: number): void {
    this.#clock.saw(nowMs);
    this.#watchingSinceMs ??= nowMs;
  }

  /** The engine was away: silence since then says nothing about the calls. */
  lostClock(): void {
    this.#watchingSinceMs = undefined;
    this.#waitUntilMs.clear();
  }

  /** The exact moment of a final call. While the engine is away the call ends by what was known. */
  async #moment({ partition, holdId }: CallIdentity): Promise<void> {
    try {
      await this.#look(partition, holdId, this.#clock.nowMs());
    } catch (error) {
      if (error instanceof OutageError) return this.#cutoffs.blind(holdId);
      this.#options.log.error({ err: error, hold_id: holdId }, 'a final call was not looked at');
    }
  }

  async #hold(partition: number, holdId: string, nowMs: number): Promise<void> {
    if (nowMs < (this.#waitUntilMs.get(holdId) ?? 0)) return;
    this.#waitUntilMs.delete(holdId);
    await this.#look(partition, holdId, nowMs);
  }

  async #look(partition: number, holdId: string, nowMs: number): Promise<void> {
    const { engine, log } = this.#options;
    const reply = await engine.check({ partition, holdId, proofOfLife: false });
    if (!('hold' in reply)) {
      if (reply.status === 'hold_not_found') {
        log.error({ partition, hold_id: holdId }, 'a hold is due that nobody knows');
      }
      return;
    }
    const { hold } = reply;
    this.#options.saw?.(holdId, hold);
    const changed = reply.status === 'extended';
    const clockMs = 'nowMs' in reply ? reply.nowMs : this.#clock.nowMs();
    this.#cutoffs.look({
      call: identityOf(partition, holdId, hold),
      hold,
      nowMs: clockMs,
      changed,
    });
    if (reply.status === 'hold_closed') return;
    if (reply.status === 'ringing') {
      const ringsUntilMs = hold.createdAtMs + hold.policy.ringMs;
      if (nowMs >= ringsUntilMs) this.#questions.about(partition, holdId, nowMs);
      return;
    }
    if (hold.estimated) this.#questions.about(partition, holdId, nowMs);
    else if (isSilent(hold, reply.nowMs)) this.#silent(partition, holdId, hold, nowMs);
  }

  /** Only time in which an enforcer ran counts as silence: after a restart everybody is silent. */
  #silent(partition: number, holdId: string, hold: HoldState, nowMs: number): void {
    const sinceMs = Math.max(hold.lastSeenAtMs, this.#watchingSinceMs ?? nowMs);
    if (nowMs >= sinceMs + hold.policy.heartbeatMs) {
      this.#questions.about(partition, holdId, nowMs);
      return;
    }
    if (hold.hasProvider) return;
    // The engine keeps such a call due; nothing can be done for it before its next extension.
    if (this.#waitUntilMs.size >= WAITING_MAX) this.#waitUntilMs.clear();
    const cutoffAtMs = hold.cutoffAtMs || Number.POSITIVE_INFINITY;
    this.#waitUntilMs.set(holdId, Math.min(nowMs + LOOK_AGAIN_MS, cutoffAtMs));
  }

  async #expire(partition: number, holdId: string, hasProvider: boolean): Promise<void> {
    const reply = await this.#options.engine.expire({ partition, holdId, hasProvider });
    if (reply.status !== 'done' || reply.entry.hold === null) return;
    const { hold } = reply.entry;
    this.#options.saw?.(holdId, hold);
    this.#options.note?.(hold, 'expired', { state: hold.state, estimated: hold.estimated });
  }

  async #extendFinal(partition: number, holdId: string): Promise<Extended> {
    const reply = await this.#options.engine.check({ partition, holdId, proofOfLife: false });
    if (!('hold' in reply) || reply.status === 'hold_closed') return 'vain';
    this.#options.saw?.(holdId, reply.hold);
    const { hold, nowMs } = reply;
    const call = identityOf(partition, holdId, hold);
    const changed = reply.status === 'extended';
    this.#cutoffs.woken({ call, hold, nowMs, changed });
    if (hold.finalReason === '') return 'rescued';
    return changed ? 'helped' : 'vain';
  }
}

function identityOf(partition: number, holdId: string, hold: HoldState): CallIdentity {
  return { organizationId: hold.organizationId, callId: hold.callId, holdId, partition };
}

function ignore(): void {}

function isSilent(hold: HoldState, nowMs: number): boolean {
  return nowMs >= hold.lastSeenAtMs + hold.policy.heartbeatMs;
}

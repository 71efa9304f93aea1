/** Enforcers over the real engine, with calls at a provider on loopback and a clock that stands. */
import { type HoldState, OutageError } from '../../../engine/index.ts';
import type { CutoffState, Notice } from '../../doors.ts';
import { createEnforcer, type Enforcer } from '../../enforcer/enforcer.ts';
import type { ProviderClient } from '../../providers/client.ts';
import { platformClients } from '../../providers/clients.ts';
import { createTwilioClient } from '../../providers/twilio/client.ts';
import { createVapiClient } from '../../providers/vapi/client.ts';
import type { CallReach } from '../../sessions/reach.ts';
import { quietLog } from '../../test/quiet-log.ts';
import { openWorld, type World } from '../../test/world.ts';
import type { CutoffDoors } from '../doors.ts';
import type { EndTerms } from '../terms.ts';
import { TWILIO_ACCOUNT, type VapiCalls, vapiCalls } from './vapi.ts';

export interface StagedCall {
  readonly walletId: string;
  readonly holdId: string;
  /** At the provider; also what its timeline is kept under. */
  readonly id: string;
}

export interface Stage {
  readonly world: World;
  readonly provider: VapiCalls;
  terms: EndTerms;
  readonly moved: CutoffState[];
  readonly notices: Notice[];
  readonly measured: string[];
  /** Sets the clocks of the engine and the provider, in seconds from the start of the test. */
  at(seconds: number): Promise<void>;
  /** A call with a provider that was answered at 0, on a wallet with this much money. */
  call(depositMicros: number, fields?: Parameters<World['authorize']>[1]): Promise<StagedCall>;
  callOn(walletId: string, fields?: Parameters<World['authorize']>[1]): Promise<StagedCall>;
  /** Starts an enforcer; `kill` ends it like `kill -9` does: it never hears of anything again. */
  enforce(): { kill(): void };
  kinds(call: StagedCall): string[];
  details(call: StagedCall, kind: string): Record<string, unknown>[];
  hold(call: StagedCall): Promise<HoldState | undefined>;
  /** Nothing is due now that is not in somebody's hands. */
  idle(): Promise<boolean>;
  /** Stops the enforcers, ends the calls, and begins a new stretch of time. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Each test has its own stretch of time, so that no clock ever runs back. */
const STRETCH_MS = 4 * 3_600_000;
/** A second push is one that the provider's word brought about, not a machine that stood still. */
const CONFIRM_MS = 600_000;
const END_CALL: EndTerms = {
  finalAction: 'end_call',
  transferTo: undefined,
  warning: undefined,
  goodbye: undefined,
};

/** What is behind the stage. */
interface Scenery {
  readonly world: World;
  readonly provider: VapiCalls;
  readonly vapi: ProviderClient;
  readonly twilio: ProviderClient;
  /** By hold. */
  readonly calls: Map<string, StagedCall>;
  /** Provider ids by the ids of the calls. */
  readonly ids: Map<string, string>;
  readonly noted: { callId: string; kind: string; details: Record<string, unknown> }[];
}

export async function openStage(): Promise<Stage> {
  const [world, provider] = await Promise.all([openWorld(), vapiCalls()]);
  const account = { apiKey: 'key', baseUrl: provider.url, development: true };
  const leg = { accountSid: TWILIO_ACCOUNT, authToken: 'token', baseUrl: provider.url };
  const scenery: Scenery = {
    world,
    provider,
    vapi: createVapiClient(account),
    twilio: createTwilioClient(leg),
    calls: new Map(),
    ids: new Map(),
    noted: [],
  };
  let startMs = Date.parse('2030-01-01T00:00:00Z');
  let enforcers: Pick<Enforcer, 'stop'>[] = [];
  const stage: Stage = {
    world,
    provider,
    terms: END_CALL,
    moved: [],
    notices: [],
    measured: [],
    ...callsOf(scenery),
    async at(seconds) {
      provider.nowMs = startMs + seconds * 1000;
      await world.setClock(provider.nowMs);
    },
    enforce() {
      const { noted } = scenery;
      const mortal = mortalEngine(world.engine);
      const enforcer = createEnforcer({
        engine: mortal.engine,
        partitions: 1,
        log: quietLog(),
        cutoff: doorsOf(scenery, stage),
        confirmMs: CONFIRM_MS,
        note: ({ callId }, kind, details) => void noted.push({ callId, kind, details }),
      });
      enforcer.start();
      enforcers.push({
        async stop() {
          mortal.bury();
          await enforcer.stop();
        },
      });
      return mortal;
    },
    async reset() {
      await Promise.all(enforcers.map((enforcer) => enforcer.stop()));
      enforcers = [];
      await clear(scenery, stage);
      startMs += STRETCH_MS;
      await stage.at(0);
    },
    async stop() {
      await stage.reset();
      await Promise.all([world.stop(), provider.stop()]);
    },
  };
  return stage;
}

function callsOf({ world, provider, calls, ids, noted }: Scenery) {
  const ofCall = (call: StagedCall) => noted.filter(({ callId }) => ids.get(callId) === call.id);

  async function callOn(walletId: string, fields: Parameters<World['authorize']>[1] = {}) {
    const holdId = await world.authorize(walletId, { hasProvider: true, ...fields });
    const hold = await world.hold(holdId);
    const call = { walletId, holdId, id: holdId.slice(5) };
    calls.set(holdId, call);
    ids.set(hold?.callId ?? '', call.id);
    await world.engine.start({ partition: 0, holdId });
    provider.add(call.id, provider.nowMs);
    return call;
  }

  return {
    callOn,
    call: async (depositMicros: number, fields: Parameters<World['authorize']>[1] = {}) =>
      await callOn(await world.wallet(depositMicros), fields),
    kinds: (call: StagedCall) => ofCall(call).map(({ kind }) => kind),
    details: (call: StagedCall, kind: string) =>
      ofCall(call).flatMap((event) => (event.kind === kind ? [event.details] : [])),
    hold: ({ holdId }: StagedCall) => world.hold(holdId),
    async idle() {
      const { nowMs, nextMs } = await world.engine.due(0, 0, 1);
      return nextMs < 0 || nextMs > nowMs;
    },
  };
}

function doorsOf(scenery: Scenery, stage: Stage): CutoffDoors {
  const { provider, calls, noted } = scenery;
  return {
    clients: platformClients([scenery.vapi, scenery.twilio]),
    asking: { ask: (partition, holdId) => ask(scenery, partition, holdId) },
    reach: async ({ holdId }) => reachOf(provider.url, calls.get(holdId)),
    terms: async () => stage.terms,
    cutoffState: async () => stage.moved.at(-1) ?? 'none',
    async wasWarned({ callId }) {
      const kinds = noted.filter((event) => event.callId === callId).map(({ kind }) => kind);
      return kinds.lastIndexOf('warned') > kinds.lastIndexOf('rescued');
    },
    moved: (_, state) => void stage.moved.push(state),
    notice: (notice) => void stage.notices.push(notice),
    measure: {
      timeToKill: (which, ms) => void stage.measured.push(`${which} ${Number.isFinite(ms)}`),
      pushed: (name, order, result) => void stage.measured.push(`${name} ${order} ${result}`),
      warned: () => void stage.measured.push('warned'),
      cutoffFailed: () => void stage.measured.push('failed'),
    },
  };
}

/** The engine as an enforcer sees it: once the enforcer is killed no answer reaches it. */
function mortalEngine(engine: World['engine']) {
  let dead = false;
  const unheard: (() => void)[] = [];
  const unlessDead =
    <Asked extends unknown[], Answer>(ask: (...asked: Asked) => Promise<Answer>) =>
    async (...asked: Asked): Promise<Answer> => {
      if (!dead) return await ask(...asked);
      return await new Promise<Answer>((_, reject) => {
        unheard.push(() => reject(new OutageError('recovering')));
      });
    };
  return {
    engine: {
      due: unlessDead(engine.due),
      finals: unlessDead(engine.finals),
      check: unlessDead(engine.check),
      expire: unlessDead(engine.expire),
    },
    kill() {
      dead = true;
    },
    /** Lets go of what was never answered, so that the test can end. */
    bury() {
      for (const letGo of unheard) letGo();
    },
  };
}

/** As the provider's record says, like the kill switch's own asking. */
async function ask({ world, vapi, calls }: Scenery, partition: number, holdId: string) {
  const record = await vapi.fetch(calls.get(holdId)?.id ?? '');
  if (record === 'not_found') return { status: 'not_found', appearsUntilMs: 0 } as const;
  if (record.live) return { status: 'live', record } as const;
  const end = { durationMs: record.durationMs ?? 0, evidence: 4, outcome: 'completed' } as const;
  await world.engine.capture({ partition, holdId, ...end });
  return { status: 'over', record, effect: 'captured' } as const;
}

/** Ends the calls and forgets what happened. */
async function clear({ world, provider, calls, ids, noted }: Scenery, stage: Stage): Promise<void> {
  const end = { partition: 0, durationMs: 0, evidence: 4 } as const;
  for (const holdId of calls.keys()) await world.engine.capture({ ...end, holdId });
  calls.clear();
  ids.clear();
  const lists = [noted, stage.moved, stage.notices, stage.measured, provider.orders];
  for (const list of lists) list.length = 0;
  Object.assign(provider, { verdict: () => 'obeyed', askable: true });
  stage.terms = END_CALL;
}

function reachOf(url: string, call: StagedCall | undefined): CallReach | undefined {
  if (call === undefined) return undefined;
  return {
    provider: 'vapi',
    providerCallId: call.id,
    controlUrl: `${url}/${call.id}/control`,
    twilioCallSid: `CA-${call.id}`,
  };
}

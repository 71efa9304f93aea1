/**
 * Orders to live calls: end, speak, hand over. Each provider has lanes of its own, so that a slow one
 * holds up no other, and warnings never stand in the way of ends. Orders are sent as fast as the lane
 * allows; only a provider that says "too many" is given a moment, spread by chance so that a thousand
 * calls do not come back to it at once.
 */
import type { Log } from '../doors.ts';
import { createPool, type Pool } from '../enforcer/pool.ts';
import type { ProviderClient, PushResult } from '../providers/client.ts';
import type { ProviderClients } from '../providers/clients.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { CallReach } from '../sessions/reach.ts';

/** Orders to one provider at a time. At 100 ms each a lane ends 1,280 calls in a second. */
const ENDS_MAX = 128;
const WORDS_MAX = 32;
/** Look-ups of calls that will have to be reached soon. */
const PREPARED_MAX = 8;
/** How long a provider that said 429 is left alone at least; as much again is added by chance. */
const REST_MS = 250;
const TOO_MANY = 429;

export type Order = 'end' | 'warning' | 'goodbye' | 'transfer';

/** What became of an order; `target` is where it went. */
export interface Ordered {
  readonly target: string;
  readonly result: PushResult;
}

export interface OrdersOptions {
  readonly clients: Pick<ProviderClients, 'clientFor'>;
  /** @param fresh what this process knows will not do. @throws when nobody can tell just now */
  readonly reach: (call: CallIdentity, fresh: boolean) => Promise<CallReach | undefined>;
  readonly log: Log;
  readonly pushed?:
    | ((provider: string, order: Order, result: PushResult['status']) => void)
    | undefined;
}

export interface Orders {
  /** Finds out how the call is reached, before it must be reached to the millisecond. */
  prepare(call: CallIdentity): void;
  /**
   * Gives an order when its turn comes, unless `stands()` says by then that it is not wanted any
   * more. Never throws: an order that cannot be given at all is `unsupported`.
   * @param fresh the last order failed, so how the call is reached is looked up anew
   */
  give(
    call: CallIdentity,
    order: Order,
    push: (client: ProviderClient, reach: CallReach) => Promise<PushResult>,
    stands: () => boolean,
    fresh?: boolean,
  ): Promise<Ordered | undefined>;
  /** Ends the call at its leg at Twilio; undefined when it has none that we have credentials for. */
  endLeg(call: CallIdentity): Promise<Ordered | undefined>;
  idle(): Promise<void>;
}

export function createOrders(options: OrdersOptions): Orders {
  const { clients, log } = options;
  const preparing = createPool(PREPARED_MAX);
  const lanes = new Map<string, { readonly pool: Pool; restsUntilMs: number }>();

  function laneOf(provider: string, order: Order) {
    const ends = order !== 'warning';
    const name = `${provider} ${ends}`;
    const lane = lanes.get(name) ?? {
      pool: createPool(ends ? ENDS_MAX : WORDS_MAX),
      restsUntilMs: 0,
    };
    lanes.set(name, lane);
    return lane;
  }

  async function reachOf(call: CallIdentity, fresh = false): Promise<CallReach | undefined> {
    try {
      return await options.reach(call, fresh);
    } catch (error) {
      log.warn({ err: error, call_id: call.callId }, 'how a call is reached cannot be looked up');
      return undefined;
    }
  }

  async function send(
    call: CallIdentity,
    order: Order,
    target: string,
    push: (client: ProviderClient) => Promise<PushResult>,
  ): Promise<PushResult> {
    const lane = laneOf(target, order);
    await pause(lane.restsUntilMs - performance.now());
    let result: PushResult;
    try {
      const client = await clients.clientFor(target, call.organizationId);
      result =
        client === undefined
          ? { status: 'unsupported', why: `there are no credentials for ${target}` }
          : await push(client);
    } catch (error) {
      log.error({ err: error, call_id: call.callId, order }, 'an order failed in an unknown way');
      result = { status: 'unreachable' };
    }
    if (result.status === 'refused' && result.httpStatus === TOO_MANY) {
      lane.restsUntilMs = performance.now() + REST_MS * (1 + Math.random());
    }
    options.pushed?.(target, order, result.status);
    return result;
  }

  return {
    prepare(call) {
      preparing.run(async () => {
        const reach = await reachOf(call, true);
        if (reach === undefined) return;
        await clients.clientFor(reach.provider, call.organizationId).catch(() => undefined);
      });
    },
    async give(call, order, push, stands, fresh) {
      const reach = await reachOf(call, fresh);
      if (reach === undefined) {
        const why = 'no id of the call at its provider is known';
        return { target: '', result: { status: 'unsupported', why } };
      }
      const target = reach.provider;
      return await new Promise((resolve) => {
        laneOf(target, order).pool.run(async () => {
          if (!stands()) return resolve(undefined);
          const result = await send(call, order, target, (client) => push(client, reach));
          resolve({ target, result });
        });
      });
    },
    async endLeg(call) {
      const reach = await reachOf(call);
      const sid = reach?.twilioCallSid;
      if (sid === undefined || reach?.provider === 'twilio') return undefined;
      const client = await clients.clientFor('twilio', call.organizationId).catch(() => undefined);
      if (client === undefined) return undefined;
      const leg = { providerCallId: sid, twilioCallSid: sid };
      return { target: 'twilio', result: await send(call, 'end', 'twilio', (t) => t.hangUp(leg)) };
    },
    async idle() {
      await Promise.all([preparing, ...[...lanes.values()].map(({ pool }) => pool)].map(idle));
    },
  };
}

function idle(pool: Pool): Promise<void> {
  return pool.idle();
}

function pause(ms: number): Promise<void> | undefined {
  if (ms <= 0) return undefined;
  const spreadMs = ms + REST_MS * Math.random();
  return new Promise((resolve) => {
    setTimeout(resolve, spreadMs);
  });
}

/** Calls over HTTP, by tenants in turn; each request throws unless it was done. */
import type { HttpAnswer, HttpClient } from '../load/http-client.ts';
import { TALK_MS } from '../workload.ts';
import type { BareRoute } from './bare.ts';
import type { Tenant } from './tenants.ts';

export interface HttpCalls {
  /** Authorizes the next call. */
  authorize(): Promise<HttpAnswer>;
  /** The n-th call that was authorized, n from 0. */
  check(n: number): Promise<HttpAnswer>;
  end(n: number): Promise<HttpAnswer>;
  readonly authorized: number;
}

interface Known {
  readonly id: string;
  readonly tenant: Tenant;
}

export const BODIES: Readonly<Record<BareRoute, (callId: string) => string>> = {
  authorize: (callId) => JSON.stringify({ call_id: callId, metadata: { campaign: 'spring' } }),
  check: () => '{"elapsed_seconds":60}',
  end: () => `{"duration_seconds":${TALK_MS / 1000},"outcome":"completed"}`,
};

/** @param name unique among the loads of a stage */
export function createCalls(
  client: HttpClient,
  tenants: readonly Tenant[],
  name: string,
): HttpCalls {
  const calls: Known[] = [];
  let made = 0;
  const inTurn = <T>(list: readonly T[], n: number): T => {
    const one = list[n % list.length];
    if (one === undefined) throw new Error('nothing to take in turn');
    return one;
  };
  async function progress(route: 'check' | 'end', n: number): Promise<HttpAnswer> {
    const { id, tenant } = inTurn(calls, n);
    const path = `/v1/calls/${id}/${route}`;
    return done(200, await client.post(path, BODIES[route](id), tenant.authorization));
  }
  return {
    get authorized() {
      return calls.length;
    },
    async authorize() {
      const n = made++;
      const id = `call-${name}-${n}`;
      const tenant = inTurn(tenants, n);
      const sent = client.post('/v1/calls', BODIES.authorize(id), tenant.authorization);
      const answer = done(201, await sent);
      calls.push({ id, tenant });
      return answer;
    },
    check: (n) => progress('check', n),
    end: (n) => progress('end', n),
  };
}

export function done(status: number, answer: HttpAnswer): HttpAnswer {
  if (answer.status === status) return answer;
  throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
}

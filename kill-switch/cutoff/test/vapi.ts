/** A provider on loopback with calls that end when it is told so, and a Twilio leg for each. */
import { type Asked, providerServer, type Reply } from '../../providers/test/provider-server.ts';

export interface Order {
  readonly call: string;
  /** `end-call`, `say`, `transfer`, or `twilio` for an order to the leg. */
  readonly type: string;
  readonly endCallAfterSpoken: boolean;
}

export interface VapiCalls {
  readonly url: string;
  /** In the order of their arrival. */
  readonly orders: Order[];
  /** The provider's clock, epoch ms. */
  nowMs: number;
  /** How the provider answers its nth order (from 1) about a call. Default: it obeys. */
  verdict: (order: Order, nth: number) => 'obeyed' | 'refused' | 'ignored' | 'reset' | number;
  /** False: the provider's API cannot be asked about calls. */
  askable: boolean;
  /** A call that was answered at this moment. */
  add(id: string, startedAtMs: number): void;
  /** It ends by itself now, as at the provider's own cap. */
  end(id: string): void;
  isLive(id: string): boolean;
  /** The types of the orders about one call. */
  types(id: string): string[];
  stop(): Promise<void>;
}

export const TWILIO_ACCOUNT = `AC${'0'.repeat(32)}`;

interface Known {
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
}

export async function vapiCalls(): Promise<VapiCalls> {
  const server = await providerServer();
  const known = new Map<string, Known>();
  const calls: VapiCalls = {
    url: server.url,
    orders: [],
    nowMs: 0,
    verdict: () => 'obeyed',
    askable: true,
    add: (id, startedAtMs) => void known.set(id, { startedAtMs, endedAtMs: undefined }),
    end(id) {
      const call = known.get(id);
      if (call) call.endedAtMs ??= calls.nowMs;
    },
    isLive: (id) => known.get(id)?.endedAtMs === undefined,
    types: (id) => calls.orders.filter(({ call }) => call === id).map(({ type }) => type),
    stop: () => server.stop(),
  };

  function obey(order: Order): Reply {
    calls.orders.push(order);
    const nth = calls.types(order.call).length;
    const verdict = calls.verdict(order, nth);
    if (verdict === 'reset') return 'reset';
    if (verdict === 'refused') return { status: 503 };
    if (typeof verdict === 'number') return { status: verdict };
    const call = known.get(order.call);
    const ends = order.type === 'end-call' || order.type === 'twilio';
    if (call && ends && verdict === 'obeyed') call.endedAtMs ??= calls.nowMs;
    return { status: 200, json: { sid: order.call, status: 'completed' } };
  }

  server.rule = ({ method, url, body }: Asked) => {
    const control = /^\/(?<id>[^/]+)\/control$/.exec(url.pathname)?.groups?.id;
    if (control !== undefined) {
      const { type, endCallAfterSpoken } = JSON.parse(body);
      return obey({ call: control, type, endCallAfterSpoken: endCallAfterSpoken === true });
    }
    const leg = /\/Calls\/CA-(?<id>[^/]+)\.json$/.exec(url.pathname)?.groups?.id;
    if (leg !== undefined && method === 'POST') {
      return obey({ call: leg, type: 'twilio', endCallAfterSpoken: false });
    }
    const id = /^\/call\/(?<id>[^/]+)$/.exec(url.pathname)?.groups?.id ?? '';
    const call = known.get(id);
    if (!calls.askable) return { status: 503 };
    if (call === undefined) return { status: 404 };
    return { status: 200, json: { ...record(id, call), monitor: { controlUrl: server.url } } };
  };
  return calls;
}

function record(id: string, call: Known) {
  const startedAt = new Date(call.startedAtMs).toISOString();
  if (call.endedAtMs === undefined) return { id, status: 'in-progress', startedAt };
  const endedAt = new Date(call.endedAtMs).toISOString();
  return { id, status: 'ended', startedAt, endedAt, endedReason: 'manually-canceled' };
}

/**
 * Mixed load from careful clients: each repeats a request, under its key, until it knows what
 * happened, and writes down every acknowledgement.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type Client, codeOf, freshKey } from '../client.ts';
import { type Acknowledged, emptyFigures, type LoadFigures } from './acknowledged.ts';

export interface Load {
  readonly figures: LoadFigures;
  /** Lets every client finish what it has begun. */
  stop(): Promise<void>;
  /** `count` mutations at once, acknowledged by Redis alone. */
  burst(count: number): Promise<void>;
}

export interface Tenant {
  readonly organizationId: string;
  readonly walletId: string;
}

const PATIENCE_MS = 120_000;
const RETRY_MS = 25;
const CHARGE_MAX_MICROS = 5_000;

/** @param clients how many work at once, shared out over the tenants */
export function startLoad(client: Client, tenants: readonly Tenant[], clients: number): Load {
  const figures = emptyFigures();
  let stopping = false;
  const workers = tenants.map((tenant) => createWorker(client, tenant, figures));
  const working = Array.from({ length: clients }, async (_, index) => {
    const worker = workers[index % workers.length];
    while (worker && !stopping) await worker.anything();
  });
  return {
    figures,
    async stop() {
      stopping = true;
      await Promise.all(working);
    },
    async burst(count) {
      const bonuses = Array.from({ length: count }, (_, n) => workers[n % workers.length]?.bonus());
      await Promise.all(bonuses);
    },
  };
}

type Note = Pick<Acknowledged, 'verb'> & Partial<Acknowledged>;

interface Worker {
  /** One charge, credit or whole call. */
  anything(): Promise<void>;
  bonus(): Promise<void>;
}

function createWorker(client: Client, tenant: Tenant, figures: LoadFigures): Worker {
  const { walletId, organizationId } = tenant;
  const wallet = `/v1/wallets/${walletId}`;

  function acknowledge(note: Note): void {
    figures.acknowledged.push({
      walletId,
      entryId: '',
      holdId: '',
      amountMicros: 0,
      waited: false,
      ...note,
      atMs: Date.now(),
    });
  }

  /** The answer that settles the request; undefined when it is none that belongs here. */
  async function settled(what: string, wanted: number, send: () => Promise<Answer>) {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await send();
      if (answer.status === wanted) return answer;
      if (answer.status !== 0 && answer.status !== 503) {
        if (codeOf(answer) !== 'call_not_found') {
          figures.unexpected.push(`${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
        }
        return undefined;
      }
      const why = answer.status === 0 ? 'connection lost' : `503 ${codeOf(answer)}`;
      figures.unanswered[why] = (figures.unanswered[why] ?? 0) + 1;
      if (performance.now() > until) throw new Error(`${what}: no answer for ${PATIENCE_MS} ms`);
      await pause(RETRY_MS + Math.random() * RETRY_MS);
    }
  }

  async function move(verb: 'credit' | 'charge', fields: object, waited: boolean): Promise<void> {
    const key = freshKey(verb);
    const amountMicros = 1 + Math.floor(Math.random() * CHARGE_MAX_MICROS);
    const wait = waited ? { wait_for: 'ledger' } : {};
    const body = { amount_micros: amountMicros, ...fields, ...wait };
    const path = `${wallet}/${verb}s`;
    const answer = await settled(verb, 201, () => client.post(path, body, key));
    const entry = answer?.body.entry as { id: string; amount_micros: number } | undefined;
    if (entry === undefined) return;
    acknowledge({ verb, entryId: entry.id, amountMicros: entry.amount_micros, waited });
  }

  async function call(): Promise<void> {
    const callId = freshKey('call');
    const body = { call_id: callId, organization_id: organizationId, wallet_id: walletId };
    const made = await settled('authorize', 201, () => client.post('/v1/calls', body, null));
    if (made === undefined) return;
    const holdId = String(made.body.hold_id);
    acknowledge({ verb: 'authorize', holdId });
    const step = async (verb: string, fields: object) => {
      const path = `/v1/calls/${callId}/${verb}?organization_id=${organizationId}`;
      const answer = await settled(verb, 200, () => client.post(path, fields, null));
      if (answer === undefined) figures.vanished.push({ holdId, atMs: Date.now() });
      return answer;
    };
    if ((await step('start', {})) === undefined) return;
    acknowledge({ verb: 'start', holdId });
    const check = `/v1/calls/${callId}/check?organization_id=${organizationId}`;
    await client.post(check, { elapsed_seconds: 1 + Math.floor(Math.random() * 90) }, null);
    const duration = 1 + Math.floor(Math.random() * 120);
    const ended = await step('end', { duration_seconds: duration });
    if (ended === undefined) return;
    acknowledge({ verb: 'end', holdId, amountMicros: -Number(ended.body.captured_micros) });
  }

  const bonus = () => move('credit', { kind: 'bonus' }, false);
  const mix: readonly (() => Promise<void>)[] = [
    () => call(),
    () => call(),
    () => move('charge', {}, false),
    () => move('charge', {}, true),
    bonus,
    () => move('credit', { kind: 'deposit' }, true),
  ];
  return {
    bonus,
    async anything() {
      await mix[Math.floor(Math.random() * mix.length)]?.();
    },
  };
}

/**
 * A careful client: it repeats a request, under its key, until it knows what happened, and writes
 * down every acknowledgement.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { partitionOf } from '../../../engine/index.ts';
import { type Answer, type Client, codeOf, freshKey } from '../client.ts';
import type { Acknowledged, LoadFigures } from './acknowledged.ts';

export interface Tenant {
  readonly organizationId: string;
  readonly walletId: string;
}

const PATIENCE_MS = 120_000;
const RETRY_MS = 25;
const AMOUNT_MAX_MICROS = 5_000;
const CALL_SECONDS_MAX = 120;
/** Ringfence's default: the run does not set another. */
const PARTITIONS = 64;

type Note = Pick<Acknowledged, 'verb'> & Partial<Acknowledged>;

export class Worker {
  readonly #client: Client;
  readonly #tenant: Tenant;
  readonly #neighbour: Tenant;
  readonly #figures: LoadFigures;
  readonly #mix: readonly (() => Promise<void>)[];

  /** @param neighbour who gets the tenant's transfers */
  constructor(client: Client, tenant: Tenant, neighbour: Tenant, figures: LoadFigures) {
    this.#client = client;
    this.#tenant = tenant;
    this.#neighbour = neighbour;
    this.#figures = figures;
    this.#mix = [
      () => this.#call(),
      () => this.#call(),
      () => this.#transfer(),
      () => this.#move('charge', {}, false),
      () => this.#move('charge', {}, true),
      () => this.bonus(),
      () => this.#move('credit', { kind: 'deposit' }, true),
    ];
  }

  /** One charge, credit, transfer or whole call. */
  async anything(): Promise<void> {
    await this.#mix[below(this.#mix.length)]?.();
  }

  bonus(): Promise<void> {
    return this.#move('credit', { kind: 'bonus' }, false);
  }

  async #move(verb: 'credit' | 'charge', fields: object, waited: boolean): Promise<void> {
    const key = freshKey(verb);
    const wait = waited ? { wait_for: 'ledger' } : {};
    const body = { amount_micros: 1 + below(AMOUNT_MAX_MICROS), ...fields, ...wait };
    const path = `/v1/wallets/${this.#tenant.walletId}/${verb}s`;
    const answer = await this.#settled(verb, 201, () => this.#client.post(path, body, key));
    const entry = answer?.body.entry as { id: string; amount_micros: number } | undefined;
    if (entry === undefined) return;
    this.#note({ verb, entryId: entry.id, amountMicros: entry.amount_micros, waited });
  }

  /** Repeated until the money has arrived: in transit is no outcome. */
  async #transfer(): Promise<void> {
    const key = freshKey('transfer');
    const amount = 1 + below(AMOUNT_MAX_MICROS);
    const [from, to] = [this.#tenant, this.#neighbour];
    const wallets = { from_wallet_id: from.walletId, to_wallet_id: to.walletId };
    const post = () =>
      this.#client.post('/v1/transfers', { ...wallets, amount_micros: amount }, key);
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.#settled('transfer', 201, post);
      if (answer === undefined) return;
      if (answer.body.state === 'completed') {
        const transferId = String(answer.body.id);
        const told = { transferId, toWalletId: to.walletId, waited: across(from, to) };
        return this.#note({ verb: 'transfer', amountMicros: -amount, ...told });
      }
      if (performance.now() > until) throw new Error(`transfer: ${answer.text}`);
      await pause(RETRY_MS);
    }
  }

  async #call(): Promise<void> {
    const callId = freshKey('call');
    const { organizationId, walletId } = this.#tenant;
    const body = { call_id: callId, organization_id: organizationId, wallet_id: walletId };
    const post = (path: string, fields: object) => this.#client.post(path, fields, null);
    const made = await this.#settled('authorize', 201, () => post('/v1/calls', body));
    if (made === undefined) return;
    const holdId = String(made.body.hold_id);
    this.#note({ verb: 'authorize', holdId });
    const pathOf = (verb: string) =>
      `/v1/calls/${callId}/${verb}?organization_id=${organizationId}`;
    const step = async (verb: string, fields: object) => {
      const answer = await this.#settled(verb, 200, () => post(pathOf(verb), fields));
      if (answer === undefined) this.#figures.vanished.push({ holdId, atMs: Date.now() });
      return answer;
    };
    if ((await step('start', {})) === undefined) return;
    this.#note({ verb: 'start', holdId });
    await post(pathOf('check'), { elapsed_seconds: 1 + below(CALL_SECONDS_MAX) });
    const ended = await step('end', { duration_seconds: 1 + below(CALL_SECONDS_MAX) });
    if (ended === undefined) return;
    this.#note({ verb: 'end', holdId, amountMicros: -Number(ended.body.captured_micros) });
  }

  /** The answer that settles the request; undefined when it is none that belongs here. */
  async #settled(what: string, wanted: number, send: () => Promise<Answer>) {
    const { unanswered, unexpected } = this.#figures;
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await send();
      if (answer.status === wanted) return answer;
      if (answer.status !== 0 && answer.status !== 503) {
        if (codeOf(answer) !== 'call_not_found') {
          unexpected.push(`${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
        }
        return undefined;
      }
      const why = answer.status === 0 ? 'connection lost' : `503 ${codeOf(answer)}`;
      unanswered[why] = (unanswered[why] ?? 0) + 1;
      if (performance.now() > until) throw new Error(`${what}: no answer for ${PATIENCE_MS} ms`);
      await pause(RETRY_MS + below(RETRY_MS));
    }
  }

  #note(note: Note): void {
    this.#figures.acknowledged.push({
      walletId: this.#tenant.walletId,
      entryId: '',
      transferId: '',
      toWalletId: '',
      holdId: '',
      amountMicros: 0,
      waited: false,
      ...note,
      atMs: Date.now(),
    });
  }
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

/** Across partitions a transfer is told only when both its ends are in the ledger. */
function across(from: Tenant, to: Tenant): boolean {
  const [one, other] = [from, to].map((tenant) => partitionOf(tenant.organizationId, PARTITIONS));
  return one !== other;
}

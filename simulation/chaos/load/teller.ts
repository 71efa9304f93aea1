/**
 * A careful client: it repeats a request, under its key, until it knows what happened, and writes
 * down every acknowledgement.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type Client, codeOf } from '../../acceptance/client.ts';
import type { Acknowledged, ClientCall, LoadFigures, Move } from '../accounts/acknowledged.ts';

/** Longer than any outage of a scenario. */
const PATIENCE_MS = 300_000;
const RETRY_MS = 25;

export class Teller {
  readonly client: Client;
  readonly #figures: LoadFigures;
  readonly #retryMs: number;
  #abandoned = false;

  constructor(client: Client, figures: LoadFigures, retryMs = RETRY_MS) {
    this.client = client;
    this.#figures = figures;
    this.#retryMs = retryMs;
  }

  /** Nobody will ask any more what happened: open requests are not repeated. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** The answer that settles the request; undefined when it is none that belongs here. */
  async settled(
    verb: string,
    wanted: number,
    send: () => Promise<Answer>,
    waited = false,
  ): Promise<Answer | undefined> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.once(verb, send, waited);
      if (answer.status === wanted) return answer;
      if (!isOpen(answer)) {
        if (codeOf(answer) !== 'call_not_found') {
          const text = answer.text.slice(0, 300);
          this.#figures.unexpected.push(`${verb}: ${answer.status} ${text}`);
        }
        return undefined;
      }
      if (this.#abandoned) return undefined;
      if (performance.now() > until) throw new Error(`${verb}: no answer for ${PATIENCE_MS} ms`);
      await pause(this.#retryMs + below(this.#retryMs));
    }
  }

  /** Sends it and does not repeat it. */
  async once(verb: string, send: () => Promise<Answer>, waited = false): Promise<Answer> {
    const answer = await send();
    if (isOpen(answer)) {
      const why = answer.status === 0 ? 'connection lost' : `503 ${codeOf(answer)}`;
      this.#figures.unanswered.push({ verb, waited, why, atMs: Date.now() });
    }
    return answer;
  }

  note(
    verb: Acknowledged['verb'],
    id: string,
    moves: readonly Move[],
    { sentAtMs }: Answer,
    { waited = false, ...more }: Partial<Pick<Acknowledged, 'waited' | 'sequence' | 'call'>> = {},
  ): void {
    const atMs = Date.now();
    this.#figures.acknowledged.push({ verb, id, moves, waited, sentAtMs, atMs, ...more });
  }

  vanished(call: ClientCall): void {
    this.#figures.vanished.push({ call, atMs: Date.now() });
  }

  /** Told is not asked for: whatever the ledger says, that answer was wrong. */
  unexpected(what: string): void {
    this.#figures.unexpected.push(what);
  }
}

/** Nobody knows yet what happened. */
function isOpen({ status }: Answer): boolean {
  return status === 0 || status === 503;
}

export function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

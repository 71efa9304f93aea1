/** Plays a scenario where k6 is not installed: the same arrivals, requests and thresholds. */

import type { Request, Scenario, World } from '../k6/scenario.js';
import { scaled } from '../k6/scenario.js';
import { closedLoop } from '../load/closed-loop.ts';
import { createHttpClient, type HttpClient } from '../load/http-client.ts';
import { Latencies, type Spread } from '../load/latencies.ts';
import { openLoop } from '../load/open-loop.ts';

export interface Played {
  readonly name: string;
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  /** From the request's sending, as k6 counts; the wait for a free connection included. */
  readonly request: Spread & { readonly p95: number };
  /** Of whole iterations, from their intended beginning. */
  readonly iteration: Spread;
  /** Thresholds that were crossed, in words; none is success. */
  readonly crossed: readonly string[];
  /** The first answer that was not expected. */
  readonly complaint?: string;
}

export interface Scale {
  readonly seconds: number;
  readonly rate: number;
}

/** As many as k6 may take. */
const CONNECTIONS = 256;
const PREPARING = 16;

export async function playScenario(
  scenario: Scenario,
  world: World,
  scale: Scale,
): Promise<Played> {
  const { stages } = scaled(scenario, scale.seconds, scale.rate);
  const client = createHttpClient(world.baseUrl, CONNECTIONS);
  const tally = new Tally(client);
  try {
    await prepare(scenario.prepare(world), tally);
    let iterations = 0;
    const from = performance.now();
    for (const { perSecond, seconds } of stages) {
      const first = iterations;
      const { spread, count } = await openLoop({
        perSecond,
        seconds,
        pace: 'timer',
        work: (n) => tally.play(scenario.iteration(world, first + n)),
      });
      iterations += count;
      tally.add(spread);
    }
    const elapsed = (performance.now() - from) / 1000;
    return { name: scenario.name, ...tally.result(scenario, elapsed) };
  } finally {
    client.close();
  }
}

async function prepare(requests: readonly Request[], tally: Tally): Promise<void> {
  const work = async (n: number) => {
    const request = requests[n];
    if (request !== undefined) await tally.send(request);
  };
  await closedLoop({ depth: PREPARING, count: requests.length, work });
  if (tally.complaint !== undefined) throw new Error(`not prepared: ${tally.complaint}`);
  tally.forget();
}

class Tally {
  complaint: string | undefined;
  readonly #client: HttpClient;
  #latencies = new Latencies();
  #failed = 0;
  #iteration: Spread = { p50: 0, p99: 0, p999: 0, max: 0 };

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** One request after another, until one fails. */
  async play(requests: readonly Request[]): Promise<void> {
    for (const request of requests) if (!(await this.send(request))) return;
  }

  async send({ path, body, headers, expected }: Request): Promise<boolean> {
    const { 'content-type': _sent, ...others } = headers;
    const lines = Object.entries(others).map(([name, value]) => `${name}: ${value}\r\n`);
    const from = performance.now();
    const answer = await this.#client.post(path, body, lines.join(''));
    this.#latencies.add(performance.now() - from);
    if (answer.status === expected) return true;
    this.#failed += 1;
    this.complaint ??= `${path}: ${answer.status} ${answer.body.slice(0, 200)}`;
    return false;
  }

  /** What went before is not counted. */
  forget(): void {
    this.#latencies = new Latencies();
  }

  /** The worst of the stages counts. */
  add(spread: Spread): void {
    const worse = (name: keyof Spread) => Math.max(this.#iteration[name], spread[name]);
    this.#iteration = {
      p50: worse('p50'),
      p99: worse('p99'),
      p999: worse('p999'),
      max: worse('max'),
    };
  }

  result({ thresholds }: Scenario, seconds: number): Omit<Played, 'name'> {
    const requests = this.#latencies.count;
    const request = { ...this.#latencies.spread(), p95: this.#latencies.at(0.95) };
    const crossed = [
      ...above('p95', request.p95, thresholds.p95Ms),
      ...above('p99', request.p99, thresholds.p99Ms),
      ...(this.#failed > thresholds.failedShare * requests ? [`${this.#failed} failed`] : []),
    ];
    return {
      requests,
      failed: this.#failed,
      perSecond: requests / seconds,
      request,
      iteration: this.#iteration,
      crossed,
      ...(this.complaint !== undefined && { complaint: this.complaint }),
    };
  }
}

function above(name: string, ms: number, limitMs: number): string[] {
  return ms < limitMs ? [] : [`${name} ${ms.toFixed(1)} ms, not under ${limitMs}`];
}

/** Starts API processes on the stores of a stage. */
import path from 'node:path';
import { waitUntil } from '../../scripts/processes.mjs';
import { giveBack, nextMessage, takeProgram } from '../processes.ts';
import { LEDGER_KEY, type Stores } from '../stage/stage.ts';
import type { ServerOrder, ServerReport } from './server-worker.ts';

export const ADMIN_KEY = 'rf_admin_of_the_benchmark_0001';
export const VAPI_SECRET = 'vapi-secret-of-the-benchmark';
/** Nobody listens there: no load asks a provider. */
const NOBODY = 'http://127.0.0.1:9';

export interface ApiProcess {
  readonly url: string;
  readonly bareUrl: string;
  readonly pid: number;
  /** CPU since its start, in ms. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

export interface ApiOptions {
  readonly role?: 'api' | 'all' | 'enforcer';
  /** Processes that serve, and this one looks after them; 0: it serves itself. */
  readonly workers?: number;
}

const ANSWER_MS = 120_000;
const READY_MS = 120_000;
const PROGRAM = new URL('./server-worker.ts', import.meta.url);

/**
 * Production's settings: every request is logged (to a file), measured and counted against its key's
 * rate; the limits of rate and of waiting for the ledger are out of the way.
 * @param dir for the log of a fresh one
 */
export async function startApi(
  stores: Stores,
  dir: string,
  { role = 'api', workers = 0 }: ApiOptions = {},
): Promise<ApiProcess> {
  const child = await takeProgram(PROGRAM, path.join(dir, 'api.log'));
  const ask = (order: ServerOrder) => {
    const answer = nextMessage<ServerReport>(child, 'the API process', ANSWER_MS);
    child.send(order);
    return answer;
  };
  const { url, bareUrl } = await ask({
    run: {
      PORT: '0',
      RINGFENCE_HOST: '127.0.0.1',
      RINGFENCE_ROLE: role,
      RINGFENCE_WORKERS: String(workers),
      RINGFENCE_LOG_LEVEL: 'info',
      RINGFENCE_RATE_LIMIT_PER_SECOND: '1000000',
      RINGFENCE_LEDGER_WAIT_MS: '60000',
      RINGFENCE_ADMIN_KEY: ADMIN_KEY,
      RINGFENCE_LEDGER_KEY: LEDGER_KEY,
      VAPI_WEBHOOK_SECRET: VAPI_SECRET,
      VAPI_BASE_URL: NOBODY,
      RETELL_BASE_URL: NOBODY,
      TWILIO_BASE_URL: NOBODY,
      RINGFENCE_PARTITIONS: String(stores.partitions),
      REDIS_URL: stores.redisUrl,
      DATABASE_URL: stores.databaseUrl,
    },
  });
  const isReady = () => fetch(`${url}/readyz`).then((answer) => answer.ok);
  if (!(await waitUntil(isReady, READY_MS, 50))) throw new Error('the API process is not ready');
  return {
    url,
    bareUrl,
    pid: child.pid ?? 0,
    cpuMs: async () => (await ask('report')).cpuMs,
    async stop() {
      await ask('stop');
      await giveBack(PROGRAM, child, stores.freshProcesses);
    },
  };
}

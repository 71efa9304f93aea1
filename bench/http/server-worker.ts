/** An API process as production runs it, with a bare Hono server in the same process beside it. */
import { main, type Running } from '../../api/main.ts';
import { startBare } from './bare.ts';

/** What it says first, at nobody's order, has no addresses yet. */
export interface ServerReport {
  readonly url: string;
  readonly bareUrl: string;
  /** CPU of this process since its start, in ms. */
  readonly cpuMs: number;
}

/** Stopped, it may run again in another environment. */
export type ServerOrder = { readonly run: NodeJS.ProcessEnv } | 'report' | 'stop';

const bareUrl = await startBare();
let running: Running | undefined;

function report(): void {
  const { user, system } = process.cpuUsage();
  process.send?.({ url: running?.url ?? '', bareUrl, cpuMs: (user + system) / 1000 });
}

async function obey(order: ServerOrder): Promise<void> {
  if (typeof order === 'object') running = await main({ ...process.env, ...order.run });
  if (order === 'stop') await running?.stop();
  report();
}

process.on('message', (order: ServerOrder) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// An exit of our own accord, so that a profile (--cpu-prof) is written.
for (const ending of ['disconnect', 'SIGTERM']) process.once(ending, () => process.exit(0));
report();

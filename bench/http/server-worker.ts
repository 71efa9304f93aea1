/** An API process as production runs it, with a bare Hono server in the same process beside it. */
import { main } from '../../api/main.ts';
import { startBare } from './bare.ts';

export interface ServerReport {
  readonly url: string;
  readonly bareUrl: string;
  /** CPU of this process since its start, in ms. */
  readonly cpuMs: number;
}

export type ServerOrder = 'report' | 'stop';

const running = await main();
const bareUrl = await startBare();

function report(): void {
  const { user, system } = process.cpuUsage();
  process.send?.({ url: running.url, bareUrl, cpuMs: (user + system) / 1000 });
}

process.on('message', (order: ServerOrder) => {
  if (order === 'report') report();
  else void running.stop().then(report);
});
// An exit of our own accord, so that a profile (--cpu-prof) is written.
for (const ending of ['disconnect', 'SIGTERM']) process.once(ending, () => process.exit(0));
report();

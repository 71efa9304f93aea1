/**
 * `wait_for: "ledger"` over HTTP, at half of what the process can take without waiting: in one
 * process of all roles, and with the flusher in a process of its own, which is asked every 25 ms.
 */

import type { Figure } from '../figures.ts';
import { done } from '../http/calls.ts';
import { CONNECTIONS } from '../http/connections.ts';
import { ADMIN_KEY, startApi } from '../http/server.ts';
import { makeTenants, platformAt, type Tenant } from '../http/tenants.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { createHttpClient, type HttpClient } from '../load/http-client.ts';
import { openLoop } from '../load/open-loop.ts';
import { spreadFigures } from '../load/spread-figures.ts';
import type { Round } from '../measurement.ts';
import { flushed } from '../stage/backlog.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage } from '../stage/stage.ts';
import { CHARGE_MICROS } from '../workload.ts';

/** Requests that wait hold their connection: more than a closed loop needs. */
const WAITING_CONNECTIONS = 256;

export async function ledgerWaits(round: Round): Promise<Figure[]> {
  return [
    ...(await waits(round, 'wait_for ledger at half load', true)),
    ...(await waits(round, 'wait_for ledger at half load, flusher apart', false)),
  ];
}

async function waits(round: Round, name: string, together: boolean): Promise<Figure[]> {
  const { seconds, tenants: count } = round.size;
  const stage = await openStage(round);
  const flusher = together ? undefined : await runningFlusher(stage);
  const api = await startApi(stage, round.dir, { role: together ? 'all' : 'api' });
  const client = createHttpClient(api.url, WAITING_CONNECTIONS);
  try {
    const tenants = await makeTenants(platformAt(api.url), count);
    const bonus = bonuses(client, tenants);
    const without = (n: number) => bonus('without', n);
    await closedLoop({ depth: CONNECTIONS, seconds: seconds / 2, work: without });
    const capacity = await closedLoop({ depth: CONNECTIONS, seconds, work: (n) => bonus('c', n) });
    await flushed(stage);
    const { spread } = await openLoop({
      perSecond: capacity.perSecond / 2,
      seconds,
      pace: 'timer',
      work: (n) => bonus('waits', n, ',"wait_for":"ledger"'),
    });
    return spreadFigures(name, spread);
  } finally {
    client.close();
    await api.stop();
    await flusher?.end();
    await stage.stop();
  }
}

/** A credit by the platform: money that has been paid elsewhere. */
function bonuses(client: HttpClient, tenants: readonly Tenant[]) {
  return async (load: string, n: number, more = '') => {
    const { walletId } = tenants[n % tenants.length] ?? { walletId: '' };
    const headers = `authorization: Bearer ${ADMIN_KEY}\r\nidempotency-key: ${load}-${n}\r\n`;
    const body = `{"kind":"bonus","amount_micros":${CHARGE_MICROS}${more}}`;
    done(201, await client.post(`/v1/wallets/${walletId}/credits`, body, headers));
  };
}

/** Calls that stay live through every blow: each must still be there, and end as usual. */
import { waitUntil } from '../../../scripts/processes.mjs';
import { type Client, expected, freshKey, settled } from '../../acceptance/client.ts';
import { figures } from '../../acceptance/tenants.ts';
import type { Move } from '../accounts/acknowledged.ts';
import { capturedIn, priceOfCall, sameMoves, type Tenant } from './errands.ts';

export interface ParkedCalls {
  /** The answers to a status check of each. */
  check(): Promise<{ status: number; endCall: unknown; reason: unknown }[]>;
  /** A sign of life of each. @throws Error when a call is not live any more */
  stillLive(): Promise<void>;
  /** Ends them all; answers what was captured. */
  end(): Promise<Move[]>;
}

const DURATION_SECONDS = 600;
/** The longest there is: a run with many blows takes its time. */
const MAX_DURATION_SECONDS = 43_200;
const COMMITTED_MS = 60_000;

/** Answers once the calls are in the ledger. */
export async function parkCalls(client: Client, tenant: Tenant, n: number): Promise<ParkedCalls> {
  const { organizationId, walletId } = tenant;
  const ids = Array.from({ length: n }, () => freshKey('parked'));
  const path = (id: string, verb: string) =>
    `/v1/calls/${id}${verb}?organization_id=${organizationId}`;
  for (const id of ids) {
    const payer = { organization_id: organizationId, wallet_id: walletId };
    const body = { call_id: id, ...payer, max_duration_seconds: MAX_DURATION_SECONDS };
    expected(201, 'parked call', await client.post('/v1/calls', body, null));
    expected(200, 'its start', await client.post(path(id, '/start'), {}, null));
  }
  const committed = async () => {
    const { sequence, ledgerSequence } = await figures(client, walletId);
    return sequence === ledgerSequence;
  };
  if (!(await waitUntil(committed, COMMITTED_MS))) throw new Error('parked calls do not commit');
  return {
    check: () =>
      Promise.all(
        ids.map(async (id) => {
          const { status, body } = await client.post(path(id, '/check'), {}, null);
          return { status, endCall: body.endCall, reason: body.reason };
        }),
      ),
    async stillLive() {
      for (const id of ids) {
        const checked = await settled(() =>
          client.post(path(id, '/check'), { elapsed_seconds: 1 }, null),
        );
        if (checked.body.endCall !== false) throw new Error(`parked ${id}: ${checked.text}`);
        const call = expected(200, `parked ${id}`, await client.get(path(id, '')));
        const isHeld = call.state === 'live' && Number(call.held_micros) > 0;
        if (!isHeld) throw new Error(`parked call ${id}: ${JSON.stringify(call)}`);
      }
    },
    async end() {
      const body = { duration_seconds: DURATION_SECONDS };
      const ended = await Promise.all(
        ids.map((id) => settled(() => client.post(path(id, '/end'), body, null))),
      );
      return ended.flatMap((answer) => {
        const paid = capturedIn(expected(200, 'end of a parked call', answer));
        const due = priceOfCall(tenant, DURATION_SECONDS);
        if (!sameMoves(paid, due)) throw new Error(`end of a parked call: ${answer.text}`);
        return due;
      });
    },
  };
}

import type { ApiAnswer } from './process.ts';
import { OPERATE, type Row } from './who-may.ts';

let items = 0;
const fresh = (what: string) => `${what} of a batch ${items++}`;

/** "Who may" of the routes that take many; what counts is what their one item is told. */
export const BATCH_ROWS: Readonly<Record<string, Row>> = {
  'POST /v1/calls/batch': {
    statuses: OPERATE(201),
    make: ({ organizationId }) => ({
      body: { items: [{ call_id: fresh('call'), organization_id: organizationId }] },
    }),
  },
  'POST /v1/charges/batch': {
    statuses: OPERATE(201),
    make: ({ walletId }) => ({
      body: {
        items: [{ wallet_id: walletId, amount_micros: 1, idempotency_key: fresh('charge') }],
      },
    }),
  },
};

/** The status of an answer; of a batch's, that of each item. */
export function statusesOf({ status, body }: ApiAnswer): number[] {
  if (status !== 207) return [status];
  return (body.data as { status: number }[]).map((item) => item.status);
}

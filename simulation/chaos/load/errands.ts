/** What a client does: one charge, one credit, one transfer, or one call over two legs. */
import { setTimeout as pause } from 'node:timers/promises';
import { freshKey } from '../../acceptance/client.ts';
import type { Move } from '../accounts/acknowledged.ts';
import { below, type Teller } from './teller.ts';

/** A client and the agency that pays wholesale for its calls. */
export interface Tenant {
  readonly organizationId: string;
  readonly walletId: string;
  readonly agencyWalletId: string;
}

const PATIENCE_MS = 300_000;
const RETRY_MS = 25;
const AMOUNT_MAX_MICROS = 5_000;
const CALL_SECONDS_MAX = 120;

interface LegAnswer {
  readonly wallet_id: string;
  readonly captured_micros?: number;
}

const legsOf = (body: Readonly<Record<string, unknown>>) => body.legs as readonly LegAnswer[];

/** @param waited acknowledged only from the ledger */
export async function move(
  teller: Teller,
  { walletId }: Tenant,
  kind: 'charge' | 'deposit' | 'bonus',
  waited: boolean,
): Promise<void> {
  const verb = kind === 'charge' ? 'charge' : 'credit';
  const key = freshKey(verb);
  const body = {
    amount_micros: 1 + below(AMOUNT_MAX_MICROS),
    ...(verb === 'credit' && { kind }),
    ...(waited && { wait_for: 'ledger' }),
  };
  const path = `/v1/wallets/${walletId}/${verb}s`;
  const answer = await teller.settled(verb, 201, () => teller.client.post(path, body, key), waited);
  const entry = answer?.body.entry as { id: string; amount_micros: number } | undefined;
  if (entry === undefined) return;
  teller.note(verb, entry.id, [{ walletId, amountMicros: entry.amount_micros }], waited);
}

/**
 * Repeated until the money has arrived: in transit is no outcome.
 * @param waited across partitions it is told only when both its ends are in the ledger
 */
export async function transfer(
  teller: Teller,
  from: string,
  to: string,
  waited: boolean,
): Promise<void> {
  const key = freshKey('transfer');
  const amount = 1 + below(AMOUNT_MAX_MICROS);
  const body = { from_wallet_id: from, to_wallet_id: to, amount_micros: amount };
  const post = () => teller.client.post('/v1/transfers', body, key);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await teller.settled('transfer', 201, post, waited);
    if (answer === undefined) return;
    if (answer.body.state === 'completed') {
      const moves = [
        { walletId: from, amountMicros: -amount },
        { walletId: to, amountMicros: amount },
      ];
      return teller.note('transfer', String(answer.body.id), moves, waited);
    }
    if (performance.now() > until) throw new Error(`transfer: ${answer.text}`);
    await pause(RETRY_MS);
  }
}

/** A whole call: authorize, start, one check, end. */
export async function call(teller: Teller, tenant: Tenant): Promise<void> {
  const callId = freshKey('call');
  const { organizationId, walletId } = tenant;
  const body = { call_id: callId, organization_id: organizationId, wallet_id: walletId };
  const post = (path: string, fields: object) => teller.client.post(path, fields, null);
  const made = await teller.settled('authorize', 201, () => post('/v1/calls', body));
  if (made === undefined) return;
  const holdId = String(made.body.hold_id);
  const held = legsOf(made.body).map((leg) => ({ walletId: leg.wallet_id, amountMicros: 0 }));
  teller.note('authorize', holdId, held);
  const pathOf = (verb: string) => `/v1/calls/${callId}/${verb}?organization_id=${organizationId}`;
  const step = async (verb: 'start' | 'end', fields: object) => {
    const answer = await teller.settled(verb, 200, () => post(pathOf(verb), fields));
    if (answer === undefined) teller.vanished(holdId);
    return answer;
  };
  if ((await step('start', {})) === undefined) return;
  teller.note('start', holdId, []);
  const elapsed = { elapsed_seconds: 1 + below(CALL_SECONDS_MAX) };
  await teller.once('check', () => post(pathOf('check'), elapsed));
  const ended = await step('end', { duration_seconds: 1 + below(CALL_SECONDS_MAX) });
  if (ended === undefined) return;
  teller.note('end', holdId, capturedIn(ended.body));
}

/** What each leg of a captured call has paid. */
export function capturedIn(body: Readonly<Record<string, unknown>>): Move[] {
  return legsOf(body).map(({ wallet_id: walletId, captured_micros: micros }) => ({
    walletId,
    amountMicros: 0 - Number(micros),
  }));
}

/** What a client does: one charge, one credit, one transfer, or one call over two legs. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, codeOf, freshKey } from '../../acceptance/client.ts';
import { type ClientCall, type Move, textOfMoves } from '../accounts/acknowledged.ts';
import { below, type Teller } from './teller.ts';

/** A client and the agency that pays wholesale for its calls. */
export interface Tenant {
  readonly organizationId: string;
  readonly walletId: string;
  readonly agencyWalletId: string;
  /** What a minute costs each of them, billed to the second. */
  readonly retailMicros: number;
  readonly wholesaleMicros: number;
  /** Of both wallets. */
  readonly partition: number;
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
  const amount = 1 + below(AMOUNT_MAX_MICROS);
  const body = {
    amount_micros: amount,
    ...(verb === 'credit' && { kind }),
    ...(waited && { wait_for: 'ledger' }),
  };
  const path = `/v1/wallets/${walletId}/${verb}s`;
  const answer = await teller.settled(verb, 201, () => teller.client.post(path, body, key), waited);
  const entry = answer?.body.entry as { id: string; amount_micros: number } | undefined;
  if (answer === undefined || entry === undefined) return;
  const amountMicros = verb === 'charge' ? 0 - amount : amount;
  if (entry.amount_micros !== amountMicros) {
    teller.unexpected(`${verb} of ${amountMicros}: ${answer.text}`);
  }
  const { sequence } = answer.body.wallet as { sequence: number };
  teller.note(verb, entry.id, [{ walletId, amountMicros }], answer, { waited, sequence });
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
      return teller.note('transfer', String(answer.body.id), moves, answer, { waited });
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
  teller.note('authorize', holdId, held, made);
  const pathOf = (verb: string) => `/v1/calls/${callId}/${verb}?organization_id=${organizationId}`;
  const open: ClientCall = { holdId, endPath: pathOf('end'), seconds: 0 };
  const step = async (verb: 'start' | 'end', fields: object) => {
    const answer = await teller.settled(verb, 200, () => post(pathOf(verb), fields));
    if (answer === undefined) teller.vanished(open);
    return answer;
  };
  const started = await step('start', {});
  if (started === undefined) return;
  teller.note('start', holdId, [], started);
  const elapsed = { elapsed_seconds: 1 + below(CALL_SECONDS_MAX) };
  const checked = await teller.once('check', () => post(pathOf('check'), elapsed));
  if (isCut(checked)) teller.unexpected(`check of a call that is paid for: ${checked.text}`);
  const seconds = 1 + below(CALL_SECONDS_MAX);
  const ended = await step('end', { duration_seconds: seconds });
  if (ended === undefined) return;
  const moves = priceOfCall(tenant, seconds);
  if (!sameMoves(moves, capturedIn(ended.body))) {
    teller.unexpected(`end after ${seconds} s: ${ended.text}`);
  }
  teller.note('end', holdId, moves, ended, { call: { ...open, seconds } });
}

/** Told to end a call although there is money for it. One that is lost is judged by its end. */
function isCut(answer: Answer): boolean {
  if (answer.status === 200) return answer.body.endCall !== false;
  return answer.status !== 0 && answer.status !== 503 && codeOf(answer) !== 'call_not_found';
}

/** What each leg pays for a call. */
export function priceOfCall(tenant: Tenant, seconds: number): Move[] {
  const at = (ratePerMinute: number) => 0 - Math.ceil((ratePerMinute * seconds) / 60);
  return [
    { walletId: tenant.walletId, amountMicros: at(tenant.retailMicros) },
    { walletId: tenant.agencyWalletId, amountMicros: at(tenant.wholesaleMicros) },
  ];
}

/** What each leg of a call has paid, as told. */
export function capturedIn(body: Readonly<Record<string, unknown>>): Move[] {
  return legsOf(body).map(({ wallet_id: walletId, captured_micros: micros = 0 }) => ({
    walletId,
    amountMicros: 0 - micros,
  }));
}

/** In whatever order. */
export function sameMoves(some: readonly Move[], others: readonly Move[]): boolean {
  return textOfMoves(some) === textOfMoves(others);
}

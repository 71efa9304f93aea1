/** Organizations, wallets and prices for a run to work with. */
import { type Client, expected, freshKey, settled } from './client.ts';

export const SERVICE = 'voice_minute';

export async function organization(client: Client, fields: object = {}): Promise<string> {
  const name = freshKey('Acceptance');
  const answer = await client.post('/v1/organizations', { name, ...fields });
  return String(expected(201, 'organization', answer).id);
}

export async function wallet(
  client: Client,
  organizationId: string,
  depositMicros = 0,
  fields: object = {},
): Promise<string> {
  const body = { organization_id: organizationId, currency: 'usd', ...fields };
  const id = String(expected(201, 'wallet', await client.post('/v1/wallets', body)).id);
  if (depositMicros > 0) await deposit(client, id, depositMicros);
  return id;
}

/** Until it is in the ledger, which takes as long as the machine lets it. */
export async function deposit(client: Client, walletId: string, amount: number): Promise<void> {
  const body = { kind: 'deposit', amount_micros: amount };
  const key = freshKey('deposit');
  const send = () => client.post(`/v1/wallets/${walletId}/credits`, body, key);
  expected(201, 'deposit', await settled(send));
}

/** The platform's price of a call's minute. */
export async function price(client: Client, rateMicros: number, fields: object = {}) {
  const body = { unit: 'minute', rate_micros_per_minute: rateMicros, currency: 'usd', ...fields };
  expected(200, 'price', await client.put(`/v1/prices/${SERVICE}`, body));
}

export interface WalletFigures {
  posted: number;
  held: number;
  available: number;
  liveCalls: number;
  sequence: number;
  ledgerSequence: number;
}

export async function figures(client: Client, walletId: string): Promise<WalletFigures> {
  const body = expected(200, 'wallet', await client.get(`/v1/wallets/${walletId}`));
  return {
    posted: Number(body.posted_micros),
    held: Number(body.held_micros),
    available: Number(body.available_micros),
    liveCalls: Number(body.live_calls),
    sequence: Number(body.sequence),
    ledgerSequence: Number(body.ledger_sequence),
  };
}

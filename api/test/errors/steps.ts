import type { ApiAnswer, Call, TestApplication } from '../application.ts';
import { type Tenants, wallet } from '../tenants.ts';

interface Stage {
  app: TestApplication;
  all: Tenants;
}

let calls = 0;

/** A call id that no other request used. */
export const callId = () => `error-${calls++}`;

export function post(
  { app }: Stage,
  path: string,
  body: unknown,
  call: Call = {},
): Promise<ApiAnswer> {
  return app.request('POST', path, { body, ...call });
}

export function put({ app }: Stage, path: string, body: unknown, key?: string): Promise<ApiAnswer> {
  return app.request('PUT', path, { body, ...(key !== undefined && { key }) });
}

/** A new wallet of the client, with money in it. */
export function walletWith(
  { app, all }: Stage,
  depositMicros: number,
  fields: Record<string, unknown> = {},
): Promise<string> {
  return wallet(app, all.client.organizationId, depositMicros, fields);
}

/** Authorizes a call of the client; it has a price and a wallet with money. */
export function createCall(stage: Stage, fields: Record<string, unknown> = {}): Promise<ApiAnswer> {
  const body = { call_id: callId(), organization_id: stage.all.client.organizationId, ...fields };
  return post(stage, '/v1/calls', body);
}

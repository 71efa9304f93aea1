/** Organizations, each with a wallet and a key of its own, made over HTTP as a platform would. */
import { CREDIT_LIMIT_MICROS } from '../workload.ts';
import { ADMIN_KEY } from './server.ts';

export interface Tenant {
  readonly organizationId: string;
  readonly walletId: string;
  readonly key: string;
  /** The header line of its key. */
  readonly authorization: string;
}

export interface Platform {
  send(method: 'POST' | 'PUT', path: string, body: object): Promise<Record<string, unknown>>;
}

let requests = 0;

/** Speaks with the platform's key. Throws unless it is done. */
export function platformAt(url: string): Platform {
  return {
    async send(method, path, body) {
      requests += 1;
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          'content-type': 'application/json',
          'idempotency-key': `bench-${process.pid}-${requests}`,
        },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Record<string, unknown>;
    },
  };
}

/** The price is the workload's: 1/1 at 0.06 per minute. */
export async function makeTenants(platform: Platform, count: number): Promise<Tenant[]> {
  await platform.send('PUT', '/v1/prices/voice_minute', {
    unit: 'minute',
    rate_micros_per_minute: 60_000,
    currency: 'usd',
  });
  const tenants: Tenant[] = [];
  for (let n = 0; n < count; n += 1) tenants.push(await makeTenant(platform, n));
  return tenants;
}

async function makeTenant(platform: Platform, n: number): Promise<Tenant> {
  const { id: organization } = await platform.send('POST', '/v1/organizations', {
    name: `Tenant ${n}`,
  });
  const organizationId = String(organization);
  const wallet = await platform.send('POST', '/v1/wallets', {
    organization_id: organizationId,
    currency: 'usd',
    credit_limit_micros: CREDIT_LIMIT_MICROS,
  });
  const { key } = await platform.send('POST', '/v1/api_keys', {
    organization_id: organizationId,
    role: 'organization',
    name: 'benchmark',
  });
  return {
    organizationId,
    walletId: String(wallet.id),
    key: String(key),
    authorization: `authorization: Bearer ${String(key)}\r\n`,
  };
}

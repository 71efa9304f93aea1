/**
 * The accounts that may have an organization's call, nearest first, as one. A call is where it was
 * placed, whoever has credentials by now: what one account does not know, the next is asked for, so
 * that nobody puts its calls out of reach by an account of its own.
 */
import {
  type ProviderClient,
  ProviderOutage,
  type ProviderRecord,
  type PushResult,
} from './client.ts';
import type { ProviderAccount } from './clients.ts';

export function severalAccounts(
  accounts: readonly [ProviderAccount, ...ProviderAccount[]],
): ProviderClient {
  const [nearest] = accounts;
  const push = (order: (client: ProviderClient) => Promise<PushResult>) => pushed(accounts, order);
  return {
    provider: nearest.client.provider,
    hangUp: (call) => push((client) => client.hangUp(call)),
    say: (call, text, options) => push((client) => client.say(call, text, options)),
    transfer: (call, destination) => push((client) => client.transfer(call, destination)),
    limit: (call, capSeconds) => push((client) => client.limit(call, capSeconds)),
    fetch: (providerCallId) => fetched(accounts, providerCallId),
    async *list(since, until) {
      for (const account of accounts) {
        for await (const record of account.client.list(since, until)) yield told(account, record);
      }
    },
    create: (order) => nearest.client.create(order),
  };
}

/** A record with whose word it is. */
export function told({ organizationId }: ProviderAccount, record: ProviderRecord): ProviderRecord {
  return organizationId === '' ? record : { ...record, signedBy: organizationId };
}

/** What was turned down may be another account's to do; the nearest one's answer is told. */
async function pushed(
  [nearest, ...others]: readonly [ProviderAccount, ...ProviderAccount[]],
  order: (client: ProviderClient) => Promise<PushResult>,
): Promise<PushResult> {
  const first = await order(nearest.client);
  let result = first;
  for (const { client } of others) {
    if (result.status !== 'refused' && result.status !== 'unsupported') return result;
    result = await order(client);
  }
  const done = result.status !== 'refused' && result.status !== 'unsupported';
  return done ? result : first;
}

/** `not_found` only when every account says so. @throws ProviderOutage */
async function fetched(
  accounts: readonly ProviderAccount[],
  providerCallId: string,
): Promise<ProviderRecord | 'not_found'> {
  let outage: ProviderOutage | undefined;
  for (const account of accounts) {
    try {
      const record = await account.client.fetch(providerCallId);
      if (record !== 'not_found') return told(account, record);
    } catch (error) {
      if (!(error instanceof ProviderOutage)) throw error;
      outage ??= error;
    }
  }
  if (outage !== undefined) throw outage;
  return 'not_found';
}

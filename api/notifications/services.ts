import type { SecretBox } from '../../notifications/index.ts';
import type { NotificationEndpoint } from '../../persistence/index.ts';
import { nothing, permitOwned } from '../auth/owner.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import type { Services } from '../services.ts';

/** What the routes of notifications work with. */
export interface NotificationServices extends Services {
  /** Undefined without a key to seal with. */
  readonly secretBox: SecretBox | undefined;
  /** This server sends e-mail. */
  readonly mails: boolean;
  /** Webhooks may go to this machine. */
  readonly local: boolean;
}

type Channel = NotificationEndpoint['channel'];
const NAMES: Readonly<Record<Channel, string>> = {
  webhook: 'webhook endpoint',
  email: 'e-mail recipient',
};

/** @throws Problem not_found, forbidden */
export async function endpointOf(
  { access, directory }: NotificationServices,
  principal: Principal,
  id: string,
  channel: Channel,
  action: 'read' | 'change',
): Promise<NotificationEndpoint> {
  const name = `${NAMES[channel]} ${id}`;
  const endpoint = await directory.notificationEndpoints.get(id);
  if (endpoint === undefined || endpoint.channel !== channel) throw nothing(name);
  await permitOwned(access, principal, name, endpoint.organizationId, action);
  return endpoint;
}

/** Whose a new endpoint is: null only for the platform's own. @throws Problem */
export async function newOwner(
  { access }: NotificationServices,
  principal: Principal,
  named: string | undefined,
): Promise<string | null> {
  const owner = named ?? principal.organizationId;
  if (owner === null) access.platform(principal);
  else {
    await access.organization(principal, owner, 'read');
    await permitOwned(access, principal, `organization ${owner}`, owner, 'change');
  }
  return owner;
}

/** @throws Problem secret_key_missing */
export function boxOf({ secretBox }: NotificationServices): SecretBox {
  if (secretBox === undefined) throw new Problem('secret_key_missing');
  return secretBox;
}

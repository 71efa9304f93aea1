import {
  createRetellClient,
  createTwilioClient,
  createVapiClient,
  type ProviderClient,
  platformClients,
} from '../../kill-switch/index.ts';
import type { Directory } from '../../persistence/index.ts';
import { type Environment, secretsIn } from '../config-schema.ts';
import {
  type AccountClients,
  createAccountClients,
  type ProviderPlaces,
} from '../credentials/account-clients.ts';
import type { CredentialBook } from '../credentials/credential-book.ts';

/** Clients of the accounts that the environment and the organizations have credentials for. */
export function createProviderClients(
  config: Environment,
  directory: Pick<Directory, 'organizations'>,
  book: CredentialBook,
): AccountClients {
  const places: ProviderPlaces = {
    vapiUrl: config.VAPI_BASE_URL,
    retellUrl: config.RETELL_BASE_URL,
    twilioUrl: config.TWILIO_BASE_URL,
    publicUrl: config.RINGFENCE_PUBLIC_URL,
    local: config.RINGFENCE_DEV || config.RINGFENCE_ALLOW_LOCAL_PROVIDERS,
  };
  return createAccountClients({
    platform: platformClients(environmentClients(config, places)),
    book,
    places,
    chain: (organizationId) => directory.organizations.chain(organizationId),
  });
}

/** Of two keys of the environment the first one speaks; both are taken in webhooks. */
function environmentClients(config: Environment, places: ProviderPlaces): ProviderClient[] {
  const clients: ProviderClient[] = [];
  const vapiKey = config.VAPI_API_KEY;
  const accountSid = config.TWILIO_ACCOUNT_SID;
  if (vapiKey !== undefined) {
    const account = { apiKey: vapiKey, baseUrl: places.vapiUrl, development: places.local };
    clients.push(createVapiClient(account));
  }
  const [retellKey] = secretsIn(config.RETELL_API_KEY);
  if (retellKey !== undefined) {
    clients.push(createRetellClient({ apiKey: retellKey, baseUrl: places.retellUrl }));
  }
  const [authToken] = secretsIn(config.TWILIO_AUTH_TOKEN);
  if (accountSid !== undefined && authToken !== undefined) {
    const { twilioUrl: baseUrl, publicUrl } = places;
    clients.push(createTwilioClient({ accountSid, authToken, baseUrl, publicUrl }));
  }
  return clients;
}

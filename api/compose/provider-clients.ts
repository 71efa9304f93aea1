import {
  createRetellClient,
  createTwilioClient,
  createVapiClient,
  type ProviderClient,
  type ProviderClients,
  platformClients,
} from '../../kill-switch/index.ts';
import type { Environment } from '../config-schema.ts';

/** Clients of those providers for which the environment names credentials. */
export function createProviderClients(config: Environment): ProviderClients {
  const clients: ProviderClient[] = [];
  if (config.VAPI_API_KEY !== undefined) {
    const development = config.RINGFENCE_DEV;
    const account = { apiKey: config.VAPI_API_KEY, baseUrl: config.VAPI_BASE_URL, development };
    clients.push(createVapiClient(account));
  }
  if (config.RETELL_API_KEY !== undefined) {
    const account = { apiKey: config.RETELL_API_KEY, baseUrl: config.RETELL_BASE_URL };
    clients.push(createRetellClient(account));
  }
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = config;
  if (accountSid !== undefined && authToken !== undefined) {
    const { TWILIO_BASE_URL: baseUrl, RINGFENCE_PUBLIC_URL: publicUrl } = config;
    clients.push(createTwilioClient({ accountSid, authToken, baseUrl, publicUrl }));
  }
  return platformClients(clients);
}

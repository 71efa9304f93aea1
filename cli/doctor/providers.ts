/** Keys of providers that are used: without them calls are counted, but not ended, placed or reconciled. */
import type { readConfig } from '../../api/config.ts';
import { type ProviderUse, providerUse, type Sql } from '../../persistence/index.ts';
import { error, type Finding, ok, warning } from './finding.ts';

type Config = ReturnType<typeof readConfig>;
type Provider = ProviderUse['provider'];

/** What each provider's account takes, and what verifies its webhooks. */
const NEEDS: Readonly<Record<Provider, { key: (keyof Config)[]; webhook: (keyof Config)[] }>> = {
  vapi: { key: ['VAPI_API_KEY'], webhook: ['VAPI_WEBHOOK_SECRET'] },
  retell: { key: ['RETELL_API_KEY'], webhook: ['RETELL_API_KEY'] },
  twilio: {
    key: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
    webhook: ['TWILIO_AUTH_TOKEN', 'RINGFENCE_PUBLIC_URL'],
  },
};

export async function providers(sql: Sql, config: Config): Promise<Finding[]> {
  return providerFindings(await providerUse(sql), config);
}

export function providerFindings(uses: readonly ProviderUse[], config: Config): Finding[] {
  const findings = [...uses.flatMap((use) => unready(use, config)), ...sealed(uses, config)];
  if (findings.length > 0) return findings;
  const known = uses.flatMap(({ provider, stored }) => {
    const own = missing(NEEDS[provider].key, config).length === 0 ? ['environment'] : [];
    const from = stored > 0 ? [...own, `${stored} organizations`] : own;
    return from.length > 0 ? [`${provider} (${from.join(', ')})`] : [];
  });
  return [ok('providers', known.length > 0 ? `keys of ${known.join(', ')}` : 'none is used')];
}

/** A provider that nobody uses needs nothing. */
function unready({ provider, stored, bindings, calls }: ProviderUse, config: Config): Finding[] {
  if (bindings + calls === 0 || stored > 0) return [];
  const use = `${calls} of the newest calls and ${bindings} bindings are of ${provider}`;
  const store = `PUT /v1/provider_credentials/${provider}`;
  const { key, webhook } = NEEDS[provider];
  const findings: Finding[] = [];
  const noKey = missing(key, config);
  if (noKey.length > 0) {
    const found = `${use}, and there is no key: calls cannot be placed, ended at its API or reconciled`;
    findings.push(warning(`provider ${provider}`, found, `set ${noKey.join(', ')}, or ${store}`));
  }
  const noWebhook = missing(webhook, config).filter((name) => !noKey.includes(name));
  if (noWebhook.length > 0) {
    const found = `${use}, and its webhooks are answered 401: starts and ends are not heard`;
    findings.push(warning(`provider ${provider}`, found, `set ${noWebhook.join(', ')}`));
  }
  return findings;
}

function sealed(uses: readonly ProviderUse[], config: Config): Finding[] {
  const stored = uses.reduce((sum, use) => sum + use.stored, 0);
  if (stored === 0 || config.RINGFENCE_SECRET_KEY !== undefined) return [];
  const found = `${stored} stored credentials cannot be opened: RINGFENCE_SECRET_KEY is not set`;
  const mend = 'set the key they were stored under; without it have each of them set again';
  return [error('providers', found, mend)];
}

function missing(names: readonly (keyof Config)[], config: Config): string[] {
  return names.filter((name) => config[name] === undefined);
}

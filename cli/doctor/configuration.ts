import { ConfigError, readConfig } from '../../api/config.ts';
import { error, type Finding, ok, warning } from './finding.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Config = ReturnType<typeof readConfig>;

export interface Configuration {
  readonly findings: Finding[];
  /** Undefined when the environment is not usable. */
  readonly config: Config | undefined;
}

/** Secrets and settings of the environment. Values are never shown. */
export function configuration(env: Env): Configuration {
  let config: Config;
  try {
    config = readConfig(env);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const [, ...lines] = cause.message.split('\n');
    const mend = 'set the variables named here, then ask again';
    return { config: undefined, findings: [error('environment', lines.join('; ').trim(), mend)] };
  }
  const findings = [ok('environment', 'every variable is usable'), ...secrets(config, env)];
  return { config, findings };
}

function secrets(config: Config, env: Env): Finding[] {
  const findings: Finding[] = [];
  if (config.RINGFENCE_DEV && env.NODE_ENV === 'production') {
    const found = 'RINGFENCE_DEV makes its own keys in a production environment';
    findings.push(error('secrets', found, 'unset RINGFENCE_DEV and choose the keys yourself'));
  }
  if (config.RINGFENCE_ADMIN_KEY === config.RINGFENCE_LEDGER_KEY) {
    const found = 'RINGFENCE_ADMIN_KEY and RINGFENCE_LEDGER_KEY are the same';
    findings.push(error('secrets', found, 'choose two keys: who may call is not who may rewrite'));
  }
  const webhooks = [
    ['VAPI_WEBHOOK_SECRET', '/webhooks/vapi'],
    ['RETELL_API_KEY', '/webhooks/retell'],
  ] as const;
  for (const [name, path] of webhooks) {
    if (config[name] !== undefined) continue;
    const found = `${name} is not set: POST ${path} answers 401`;
    findings.push(warning('secrets', found, `set ${name} if that provider is used`));
  }
  findings.push(...halfSet(config));
  if (config.RINGFENCE_SECRET_KEY === undefined) {
    const found =
      'RINGFENCE_SECRET_KEY is not set: organizations cannot store provider credentials';
    findings.push(warning('secrets', found, 'set it if they are to: openssl rand -base64 32'));
  }
  for (const name of ['RINGFENCE_ALLOW_UNSAFE_REDIS', 'RINGFENCE_ALLOW_UNSAFE_POSTGRES'] as const) {
    if (!config[name]) continue;
    const found = `${name} is set: a store may lose acknowledged money`;
    findings.push(warning('environment', found, `unset ${name} where money is real`));
  }
  return findings;
}

/** Pairs of which one is of no use without the other. */
function halfSet(config: Config): Finding[] {
  const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token } = config;
  const { STRIPE_API_KEY: stripe, STRIPE_WEBHOOK_SECRET: stripeWebhook } = config;
  const findings: Finding[] = [];
  if ((sid === undefined) !== (token === undefined)) {
    const found =
      'only one of TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN is set: its calls are not ended at its API';
    findings.push(warning('secrets', found, 'set both, or none'));
  }
  if (stripe !== undefined && stripeWebhook === undefined) {
    const found = 'STRIPE_WEBHOOK_SECRET is not set: payments are credited minutes late';
    findings.push(warning('secrets', found, 'set it to the secret of the endpoint at Stripe'));
  }
  return findings;
}

/** What provider credentials take, and the little that is ever told about them. */
import { z } from '@hono/zod-openapi';
import { DEFAULT_HMAC_PLAN, type HmacPlan, isSoundFormat } from '../../kill-switch/index.ts';
import type { ProviderSecrets, StoredCredentials } from '../credentials/credential-book.ts';

/** Shorter ones can be guessed; the providers' own are longer. */
const SECRET_CHARACTERS_MIN = 8;
const SECRET_CHARACTERS_MAX = 512;
/** Of a shorter secret not even the end is told. */
const LAST_FOUR_FROM_CHARACTERS = 16;

const secretSchema = z
  .string('must be a text')
  .min(SECRET_CHARACTERS_MIN, `must have at least ${SECRET_CHARACTERS_MIN} characters`)
  .max(SECRET_CHARACTERS_MAX, `must have at most ${SECRET_CHARACTERS_MAX} characters`)
  .regex(/^[\x21-\x7e]*$/, 'must be printable characters without spaces')
  .openapi({ format: 'password' });

const webhookSecretsSchema = z
  .array(secretSchema, 'must be a list of secrets')
  .min(1, 'must have 1 or 2 secrets')
  .max(2, 'must have 1 or 2 secrets')
  .openapi({ description: 'Both are valid: two while one is being rotated out.' });

const headerSchema = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
  .transform((name) => name.toLowerCase());

const planSchema = z
  .strictObject({
    algorithm: z.enum(['sha256', 'sha512', 'sha1']).default(DEFAULT_HMAC_PLAN.algorithm),
    signature_header: headerSchema.default(DEFAULT_HMAC_PLAN.signatureHeader),
    timestamp_header: headerSchema.default(DEFAULT_HMAC_PLAN.timestampHeader),
    message_id_header: headerSchema.optional(),
    signature_prefix: z.string().max(32).default(DEFAULT_HMAC_PLAN.signaturePrefix),
    payload_format: z
      .string()
      .max(128)
      .refine(isSoundFormat, 'must contain {timestamp} and {body}: without them anything goes')
      .default(DEFAULT_HMAC_PLAN.payloadFormat),
    signature_encoding: z.enum(['hex', 'base64']).default(DEFAULT_HMAC_PLAN.signatureEncoding),
    secret_is_base64: z.boolean().default(DEFAULT_HMAC_PLAN.secretIsBase64),
  })
  .openapi('HmacPlan');

export const newCredentialsSchema = z
  .strictObject({
    api_key: secretSchema.optional(),
    account_sid: z
      .string()
      .regex(/^AC[0-9a-fA-F]{32}$/, 'must be AC and 32 hexadecimal digits')
      .optional(),
    auth_token: secretSchema.optional(),
    webhook_secrets: webhookSecretsSchema.optional(),
    scheme: z
      .enum(['bearer', 'x_vapi_secret', 'hmac'], 'must be bearer, x_vapi_secret or hmac')
      .optional()
      .openapi({ description: 'How Vapi signs; whatever a webhook carries counts if absent.' }),
    hmac_plan: planSchema.optional(),
  })
  .openapi('NewProviderCredentials');

export type NewCredentials = z.output<typeof newCredentialsSchema>;

const tellingSchema = z.object({ last_four: z.string().nullable() });

export const credentialsSchema = z
  .object({
    provider: z.string(),
    organization_id: z.string(),
    api_key: tellingSchema.nullable(),
    account_sid: z.string().nullable(),
    auth_token: tellingSchema.nullable(),
    webhook_secrets: z.array(tellingSchema),
    scheme: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('ProviderCredentials');

/** What is stored of a body. */
export function secretsOf(body: NewCredentials): ProviderSecrets {
  const { api_key: apiKey, account_sid: accountSid, auth_token: authToken } = body;
  const webhookSecrets = body.webhook_secrets ?? [];
  return { apiKey, accountSid, authToken, webhookSecrets, scheme: schemeOf(body) };
}

function schemeOf({ scheme, hmac_plan: given }: NewCredentials): ProviderSecrets['scheme'] {
  if (scheme === undefined) return undefined;
  if (scheme !== 'hmac') return { type: scheme };
  if (given === undefined) return { type: 'hmac', plan: DEFAULT_HMAC_PLAN };
  const plan: HmacPlan = {
    algorithm: given.algorithm,
    signatureHeader: given.signature_header,
    timestampHeader: given.timestamp_header,
    messageIdHeader: given.message_id_header,
    signaturePrefix: given.signature_prefix,
    payloadFormat: given.payload_format,
    signatureEncoding: given.signature_encoding,
    secretIsBase64: given.secret_is_base64,
  };
  return { type: 'hmac', plan };
}

/** No secret leaves: of each only its last four characters, to be told apart by. */
export function credentialsBody(stored: StoredCredentials, secrets: ProviderSecrets) {
  const { apiKey, accountSid = null, authToken, webhookSecrets, scheme } = secrets;
  return {
    provider: stored.provider,
    organization_id: stored.organizationId,
    api_key: apiKey === undefined ? null : telling(apiKey),
    account_sid: accountSid,
    auth_token: authToken === undefined ? null : telling(authToken),
    webhook_secrets: webhookSecrets.map(telling),
    scheme: scheme?.type ?? null,
    created_at: stored.createdAt.toISOString(),
    updated_at: stored.updatedAt.toISOString(),
  };
}

function telling(secret: string): { last_four: string | null } {
  return { last_four: secret.length < LAST_FOUR_FROM_CHARACTERS ? null : secret.slice(-4) };
}

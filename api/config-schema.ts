import { z } from 'zod';

const HOUR_MS = 3_600_000;

/** An integer written in decimal digits, with both bounds named in the message of a wrong value. */
function integer(min: number, max: number, fallback: number) {
  const expected = `an integer from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, `must be ${expected}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${expected}`)
    .default(fallback);
}

/** A path, and lists of Sentinels or cluster nodes: not what the URL standard takes. */
const UNLIKE_URLS = /^(unix|redis\+sentinel|redis\+cluster):/;

/** A URL whose scheme is one of `schemes` (written without the colon). */
function url(schemes: readonly string[], mend: string) {
  return z
    .string()
    .refine((value) => schemes.some((scheme) => value.startsWith(`${scheme}:`)), mend)
    .refine((value) => UNLIKE_URLS.test(value) || URL.canParse(value), mend);
}

const flag = z
  .enum(['0', '1', 'true', 'false'], 'must be 1 or 0')
  .transform((value) => value === '1' || value === 'true')
  .default(false);

const httpUrl = url(['http', 'https'], 'must be an http:// or https:// URL');
const secret = z.string().min(1, 'must not be empty; unset it to leave it out');
/** Up to two, separated by a comma: both are valid while one is being rotated out. */
const secrets = secret.refine(
  (value) => secretsIn(value).length <= SECRETS_MAX,
  'must be one secret, or two separated by a comma while one is being rotated out',
);
const SECRETS_MAX = 2;
const SEALING_KEY = /^[A-Za-z0-9+/]{43}=$/;
const redisSchemes = ['redis', 'rediss', 'unix', 'redis+sentinel', 'redis+cluster'];

/**
 * Every environment variable that Ringfence reads, with its default. Durations carry their unit in
 * the name; an empty value counts as unset, because compose files and CI cannot unset a variable.
 */
export const environmentSchema = z.object({
  PORT: integer(0, 65_535, 8080),
  RINGFENCE_HOST: z.string().min(1).optional(),
  RINGFENCE_PUBLIC_URL: httpUrl.optional(),
  RINGFENCE_ROLE: z
    .enum(['all', 'api', 'flusher', 'enforcer'], 'must be all, api, flusher or enforcer')
    .default('all'),
  /** API processes beside this one, which then only looks after them; 0: everything in this one. */
  RINGFENCE_WORKERS: integer(0, 64, 0),
  RINGFENCE_DEV: flag,
  RINGFENCE_DATA_DIR: z.string().min(1).default('.ringfence'),
  RINGFENCE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'must be a pino log level')
    .default('info'),

  REDIS_URL: url(redisSchemes, `must start with ${redisSchemes.join(':, ')}:`),
  DATABASE_URL: url(['postgres', 'postgresql'], 'must be a postgres:// URL'),

  RINGFENCE_ADMIN_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,255}$/, 'must be 16 to 255 printable characters without spaces'),
  RINGFENCE_LEDGER_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{32,255}$/, 'must be at least 32 characters: openssl rand -hex 32'),

  /** Seals the credentials of organizations in the database; the first of two seals, both open. */
  RINGFENCE_SECRET_KEY: secrets
    .refine(
      (value) => secretsIn(value).every((key) => SEALING_KEY.test(key)),
      'must be base64 of 32 bytes: openssl rand -base64 32',
    )
    .optional(),

  RINGFENCE_PARTITIONS: integer(1, 4096, 64),
  RINGFENCE_JOURNAL_RETENTION_MS: integer(0, 24 * HOUR_MS, 15 * 60_000),
  RINGFENCE_HOT_RECORDS_MS: integer(1000, 90 * 24 * HOUR_MS, 72 * HOUR_MS),
  RINGFENCE_BACKLOG_MAX_AGE_SECONDS: integer(1, 86_400, 900),
  RINGFENCE_BACKLOG_MAX_ENTRIES: integer(1, 100_000_000, 2_000_000),
  /** Start although Redis or Postgres could lose acknowledged money. For experiments only. */
  RINGFENCE_ALLOW_UNSAFE_REDIS: flag,
  RINGFENCE_ALLOW_UNSAFE_POSTGRES: flag,
  RINGFENCE_RATE_LIMIT_PER_SECOND: integer(1, 1_000_000, 5000),
  RINGFENCE_LEDGER_WAIT_MS: integer(100, 60_000, 5000),
  /** An authorize is answered without its call's record after this long. */
  RINGFENCE_CALL_RECORD_WAIT_MS: integer(1, 60_000, 250),
  RINGFENCE_RECONCILE_SECONDS: integer(5, 86_400, 300),

  /** Bounds of free amounts of top-ups, in the wallet's currency. */
  RINGFENCE_TOP_UP_MIN_MICROS: integer(1, Number.MAX_SAFE_INTEGER, 5_000_000),
  RINGFENCE_TOP_UP_MAX_MICROS: integer(1, Number.MAX_SAFE_INTEGER, 10_000_000_000),

  /** Lets addresses that calls bring with them be on this machine, where simulators are. */
  RINGFENCE_ALLOW_LOCAL_PROVIDERS: flag,
  /** Lets outgoing webhooks go to this machine. For trials; RINGFENCE_DEV does the same. */
  RINGFENCE_ALLOW_LOCAL_WEBHOOKS: flag,
  /** Sends e-mail; without it nobody gets any. */
  RINGFENCE_SMTP_URL: url(['smtp', 'smtps'], 'must be an smtp:// or smtps:// URL').optional(),
  RINGFENCE_EMAIL_FROM: z
    .string()
    .regex(/^[^\p{Cc}]{0,200}@[^\p{Cc}\s]{1,253}$/u, 'must be an address: Name <name@example.com>')
    .default('Ringfence <ringfence@localhost>'),
  /** To one recipient. */
  RINGFENCE_EMAILS_PER_HOUR: integer(1, 10_000, 20),
  VAPI_WEBHOOK_SECRET: secrets.optional(),
  VAPI_API_KEY: secret.optional(),
  VAPI_BASE_URL: httpUrl.default('https://api.vapi.ai'),
  RETELL_API_KEY: secrets.optional(),
  RETELL_BASE_URL: httpUrl.default('https://api.retellai.com'),
  TWILIO_ACCOUNT_SID: secret.optional(),
  TWILIO_AUTH_TOKEN: secrets.optional(),
  TWILIO_BASE_URL: httpUrl.default('https://api.twilio.com'),
  STRIPE_API_KEY: secret.optional(),
  STRIPE_WEBHOOK_SECRET: secrets.optional(),
  STRIPE_BASE_URL: httpUrl.default('https://api.stripe.com'),
});

/** The secrets that a variable holds, none when it is not set. The first is the one to be used. */
export function secretsIn(value: string | undefined): readonly string[] {
  const parts = (value ?? '').split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

export type Environment = z.infer<typeof environmentSchema>;

/** What to do about a variable that is required and absent. */
export const missingMends: Readonly<Record<string, string>> = {
  REDIS_URL: 'run `npm start`, which starts a Redis of its own, or name one: redis://host:6379',
  DATABASE_URL: 'run `npm start`, which starts a Postgres of its own, or name one: postgres://...',
  RINGFENCE_ADMIN_KEY: 'choose the first platform key: openssl rand -hex 32',
  RINGFENCE_LEDGER_KEY:
    'choose the key of the ledger hash chain and keep it: openssl rand -hex 32 (never change it)',
};

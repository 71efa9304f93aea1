import type { z } from 'zod';
import { type Environment, environmentSchema, missingMends } from './config-schema.ts';
import { developmentSecret } from './development-secrets.ts';

/** The configuration is wrong. The message names each variable, its fault and the mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the whole configuration from the environment, once, at start.
 *
 * In development (`RINGFENCE_DEV=1`) the keys that production has to choose are made once and
 * kept in the data directory, so that they survive a restart, and the log says only what is wrong.
 * @throws ConfigError with one line for every wrong or missing variable. Values are never printed,
 * because a wrong value is often a secret pasted into the wrong line.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Environment {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value.trim() !== '') given[name] = value.trim();
  }
  if (given.RINGFENCE_DEV === '1' || given.RINGFENCE_DEV === 'true') {
    const dataDir = given.RINGFENCE_DATA_DIR ?? '.ringfence';
    given.RINGFENCE_ADMIN_KEY ??= developmentSecret(dataDir, 'admin-key', 'rf_dev_');
    given.RINGFENCE_LEDGER_KEY ??= developmentSecret(dataDir, 'ledger-key', '');
    given.RINGFENCE_SECRET_KEY ??= developmentSecret(dataDir, 'secret-key', '', 'base64');
    given.RINGFENCE_LOG_LEVEL ??= 'warn';
  }
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) throw new ConfigError(describe(parsed.error.issues, given));
  return parsed.data;
}

function describe(
  issues: readonly z.core.$ZodIssue[],
  given: Readonly<Record<string, string>>,
): string {
  const lines = issues.map((issue) => {
    const name = String(issue.path[0]);
    if (given[name] !== undefined) return `  ${name}: ${issue.message}`;
    return `  ${name}: is not set; ${missingMends[name] ?? 'it has no default'}`;
  });
  return `The configuration is not usable:\n${[...new Set(lines)].join('\n')}`;
}

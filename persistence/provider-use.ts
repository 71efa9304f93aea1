/** Which providers are in use, and whose accounts Ringfence may speak for. Reads only. */
import type { Sql } from './connect.ts';

export interface ProviderUse {
  provider: 'vapi' | 'retell' | 'twilio';
  /** Organizations that have stored credentials of their own. */
  stored: number;
  /** Assistants, agents, numbers and accounts that are bound to organizations. */
  bindings: number;
  /** Of the newest calls, at most 1,000. */
  calls: number;
}

const CALLS_LOOKED_AT = 1_000;

/** All three, also those that nobody uses. */
export async function providerUse(sql: Sql): Promise<ProviderUse[]> {
  return sql<ProviderUse[]>`
    WITH newest AS (
      SELECT provider FROM calls
      ORDER BY created_at DESC, organization_id DESC, call_id DESC LIMIT ${CALLS_LOOKED_AT})
    SELECT provider,
           (SELECT count(*) FROM provider_credentials AS own
            WHERE own.provider = named.provider) AS stored,
           (SELECT count(*) FROM provider_bindings AS bound
            WHERE bound.provider = named.provider) AS bindings,
           (SELECT count(*) FROM newest WHERE newest.provider = named.provider) AS calls
    FROM unnest(ARRAY['vapi', 'retell', 'twilio']) AS named (provider)`;
}

/** What operators decided by a command: who, when, why, and what it did. Rows are never changed. */
import type { Sql, Transaction } from './connect.ts';

/** Who decides, and why. */
export interface Decision {
  /** Such as `ana@host`; at most 256 characters. */
  operator: string;
  /** At most 2,000 characters. */
  reason: string;
}

export interface OperatorAction extends Decision {
  /** Such as `quarantine release`. */
  command: string;
  details: Readonly<Record<string, unknown>>;
}

export async function recordAction(
  sql: Sql | Transaction,
  { operator, reason, command, details }: OperatorAction,
): Promise<void> {
  await sql`
    INSERT INTO operator_actions (operator, reason, command, details)
    VALUES (${operator}, ${reason}, ${command}, ${JSON.stringify(details)}::text::jsonb)`;
}

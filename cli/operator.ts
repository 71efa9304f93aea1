/** Who runs a command that changes something, and why: it is recorded. */
import { hostname, userInfo } from 'node:os';
import type { Decision } from '../persistence/index.ts';
import { UsageError } from './command.ts';

const OPERATOR_LENGTH_MAX = 256;
const REASON_LENGTH_MAX = 2_000;

/** For commands that need a decision, in the help text. */
export const BY_OPTION = ['--by <name>', 'who decides; default: your login at this host'] as const;

/** @throws UsageError when the reason or the name is missing or too long */
export function decisionOf(reason: string | undefined, by: string | undefined): Decision {
  if (reason === undefined || reason.trim() === '') {
    throw new UsageError('--reason is missing: say why, it is recorded');
  }
  if (reason.length > REASON_LENGTH_MAX) {
    throw new UsageError(`--reason is longer than ${REASON_LENGTH_MAX} characters`);
  }
  return { operator: operatorOf(by), reason };
}

/** @throws UsageError */
export function operatorOf(by: string | undefined): string {
  const operator = by ?? `${loginName()}@${hostname()}`;
  if (operator.length >= 1 && operator.length <= OPERATOR_LENGTH_MAX) return operator;
  throw new UsageError(`--by must be 1 to ${OPERATOR_LENGTH_MAX} characters`);
}

/** In a container the user may have no name. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

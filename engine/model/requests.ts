// I8 in the model: one key, one effect, one answer.

import type { RequestKey } from '../request-key.ts';
import type { Answer } from './answer.ts';
import type { Draft } from './state.ts';

/** @param request its kind is text: it may come from a journal entry */
export function keyName({
  kind,
  scope,
  key,
}: {
  readonly kind: string;
  readonly scope: string;
  readonly key: string;
}): string {
  return [scope, kind, key].join('\n');
}

/** The answer a retry is given, or the conflict of another body under the same key. */
export function earlier(draft: Draft, request: RequestKey | undefined): Answer | undefined {
  const stored = request && draft.answers.get(keyName(request));
  if (!stored) return undefined;
  if (stored.fingerprint !== request.fingerprint) {
    return { status: 'idempotency_conflict', replayed: false };
  }
  return { ...stored.answer, replayed: true } as Answer;
}

/**
 * A key that memory does not know may be in the ledger: surely to be asked after a rebuild or a load;
 * for keys that are unique for ever, also once memory has begun to forget.
 */
export function unsure(
  draft: Draft,
  request: RequestKey | undefined,
  walletIds: readonly string[],
  checked: boolean,
): Answer | undefined {
  if (!request || checked) return undefined;
  const { nowMs, checkLedgerUntilMs, forgetsAtMs, loadEpoch } = draft.partition;
  const loaded = walletIds.map((id) => draft.wallets.get(id)?.checkLedgerUntilMs ?? 0);
  if (Math.max(checkLedgerUntilMs, ...loaded) > nowMs) {
    return { status: 'ask_ledger', replayed: false, must: true, loadEpoch };
  }
  if (request.kind !== 'request' && forgetsAtMs <= nowMs) {
    return { status: 'ask_ledger', replayed: false, must: false, loadEpoch };
  }
  return undefined;
}

export function remember(draft: Draft, request: RequestKey | undefined, answer: Answer): Answer {
  if (request) {
    draft.answers.set(keyName(request), { fingerprint: request.fingerprint, answer });
  }
  return answer;
}

/** A refusal is remembered under an explicit key only: under a natural one a retry decides afresh. */
export function refuse(draft: Draft, request: RequestKey | undefined, answer: Answer): Answer {
  return request?.kind === 'request' ? remember(draft, request, answer) : answer;
}

/**
 * An acknowledged end that is lost leaves its call live: in life the provider's record ends it again.
 * Here its client does, and so does one whose call was unknown for a while and may have come back.
 */
import { waitUntil } from '../../../scripts/processes.mjs';
import { type Answer, type Client, codeOf } from '../../acceptance/client.ts';
import { capturedIn, sameMoves } from '../load/errands.ts';
import type { Acknowledged, ClientCall, LoadFigures, Move } from './acknowledged.ts';

const PATIENCE_MS = 180_000;

export interface EndedAgain {
  /** What was paid after all. */
  readonly moves: readonly Move[];
  readonly faults: readonly string[];
}

export async function endAgain(
  client: Client,
  lost: readonly Acknowledged[],
  { vanished }: Pick<LoadFigures, 'vanished'>,
): Promise<EndedAgain> {
  const moves: Move[] = [];
  const faults: string[] = [];
  const gone = new Set(lost.flatMap(({ verb, id }) => (verb === 'authorize' ? [id] : [])));
  for (const { call, moves: told } of lost) {
    if (call === undefined) continue;
    const answer = await settled(client, call);
    const paid = answer.status === 200 ? capturedIn(answer.body) : [];
    moves.push(...paid);
    const isGone = gone.has(call.holdId) && codeOf(answer) === 'call_not_found';
    if (isGone || sameMoves(paid, told)) continue;
    faults.push(`${call.holdId}, ended again: ${answer.status} ${answer.text}`);
  }
  for (const { call } of vanished) {
    const answer = await settled(client, call);
    if (answer.status === 200) moves.push(...capturedIn(answer.body));
  }
  return { moves, faults };
}

async function settled(client: Client, { endPath, seconds }: ClientCall): Promise<Answer> {
  let answer: Answer | undefined;
  const isSettled = async () => {
    answer = await client.post(endPath, { duration_seconds: seconds }, null);
    return answer.status !== 0 && answer.status !== 503;
  };
  if ((await waitUntil(isSettled, PATIENCE_MS)) && answer !== undefined) return answer;
  throw new Error(`a call cannot be ended again: ${answer?.text}`);
}

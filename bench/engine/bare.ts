/**
 * The script of authorize sent bare: by ioredis alone, its arguments made in advance, its answer
 * left packed. The distance to it is what the engine itself costs its process.
 */
import { callHoldId, createConnection, keys, newMutationId } from '../../engine/index.ts';
import { createOperations } from '../stage/calls.ts';
import { recordSent } from '../stage/evalsha.ts';
import type { Connection, Stage } from '../stage/stage.ts';
import type { BenchWallet, Purse } from '../stage/wallets.ts';

export interface Bare {
  /** Sends the n-th prepared authorize. */
  authorize(n: number): Promise<unknown>;
  readonly count: number;
  stop(): void;
}

/** What of a sent authorize differs from call to call. */
function partsOf(organizationId: string, callId: string, wallet: BenchWallet): string[] {
  const { partition } = wallet;
  const holdId = callHoldId(organizationId, callId);
  return [
    keys.partition(partition),
    keys.journal(partition),
    keys.request(partition, organizationId, 'call', callId),
    keys.due(partition),
    keys.hold(partition, holdId),
    keys.wallet(partition, wallet.id),
    callId,
    holdId,
    wallet.id,
  ];
}

const MUTATION_ID_AT = 8; // After the sha, the number of keys, and six keys.

export async function prepareBare(stage: Stage, purse: Purse, count: number): Promise<Bare> {
  const { organizationId } = purse;
  const operations = createOperations(stage, organizationId);
  const wallet = purse.many(0);
  const sampleId = callIdOf(0);
  const sent = await recordSent(stage, () => operations.authorize(sampleId, wallet));
  const sample = partsOf(organizationId, sampleId, wallet);
  const missing = sample.filter((part) => !sent.includes(part));
  if (missing.length > 0) throw new Error(`authorize does not send ${missing.join(', ')}`);
  if (sent[MUTATION_ID_AT]?.length !== newMutationId().length) {
    throw new Error('authorize sends its mutation id elsewhere');
  }
  const places = sent.map((text) => sample.indexOf(text));
  const prepared = Array.from({ length: count }, (_, n) => {
    const own = partsOf(organizationId, callIdOf(n + 1), purse.many(n));
    const args = sent.map((text, at) => own[places[at] ?? -1] ?? text);
    args[MUTATION_ID_AT] = newMutationId();
    return args;
  });
  const redis: Connection = createConnection(stage.redisUrl);
  await redis.connect();
  return {
    count,
    async authorize(n) {
      const reply = await redis.callBuffer('EVALSHA', ...(prepared[n] ?? []));
      // Done, the answer is the entry alone.
      if (!Buffer.isBuffer(reply)) throw new Error(`bare authorize: ${String(reply)}`);
      return reply;
    },
    stop: () => redis.disconnect(),
  };
}

/** As long as the ids that the engine's side uses. */
function callIdOf(n: number): string {
  return `call-b-${n}`;
}

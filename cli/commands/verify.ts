import { type Difference, verify as verifyAll } from '../../persistence/index.ts';
import { type Command, optionsOf, type Surroundings, UsageError } from '../command.ts';
import { createProgress } from '../progress.ts';
import { readPublished } from '../published.ts';
import { type CommandStores, mustBeMigrated, openStores } from '../stores.ts';
import { countsOf, type Found, jsonOf, textOf } from '../verify/report.ts';

/** Differences beyond these are counted, not printed. */
const PRINTED_MAX = 1_000;
const CONNECTIONS = 4;
const CONNECTIONS_MAX = 16;

export const verify: Command = {
  name: 'verify',
  summary: 'compares ledger, snapshots, holds and Redis: 0 differences, or a list and exit code 1',
  options: [
    ['--wallet <id>', 'checks this wallet; may be given several times'],
    ['--since <time>', 'replays only rows made since then (RFC 3339), and says what it trusts'],
    ['--digests <file>', 'a log with lines "ledger digest" and "ledger head", to compare with'],
    ['--connections <n>', `checks on so many connections at a time, 1-16; default ${CONNECTIONS}`],
    ['--json', 'prints one JSON object'],
  ],
  async run(args, surroundings) {
    const options = optionsOf(args, {
      wallet: { type: 'string', multiple: true },
      since: { type: 'string' },
      digests: { type: 'string' },
      connections: { type: 'string' },
      json: { type: 'boolean' },
    });
    const asked = {
      ...(options.wallet !== undefined && { walletIds: options.wallet }),
      ...(options.since !== undefined && { since: instantOf(options.since) }),
      ...(options.digests !== undefined && { published: await readPublished(options.digests) }),
      parallel: connectionsOf(options.connections),
    };
    const stores = await openStores(surroundings.env, asked.parallel);
    try {
      const found = await verified(stores, asked, surroundings, options.json === true);
      surroundings.out(options.json === true ? jsonOf(found) : textOf(found));
      return found.count === 0 ? 0 : 1;
    } finally {
      await stores.close();
    }
  },
};

type Asked = Pick<
  Parameters<typeof verifyAll>[0],
  'walletIds' | 'since' | 'published' | 'parallel'
>;

/** Runs every check, with its progress shown unless `quiet`. */
export async function verified(
  stores: CommandStores,
  asked: Asked,
  surroundings: Surroundings,
  quiet: boolean,
): Promise<Found> {
  await mustBeMigrated(stores);
  for (const walletId of asked.walletIds ?? []) await mustExist(stores, walletId);
  const progress = createProgress(surroundings);
  const found = await compare(stores, asked, (sofar) => {
    if (!quiet) progress.show(sofar.entries, sofar.entriesInAll, countsOf(sofar));
  });
  progress.end();
  return found;
}

async function compare(
  { sql, chainKey, redis, partitions }: CommandStores,
  asked: Asked,
  progress: (sofar: Found['progress']) => void,
): Promise<Found> {
  const { standing, shutPartitions } = await redis.gate(partitions);
  const gateOpen = standing && shutPartitions.length === 0;
  const differences: Difference[] = [];
  let count = 0;
  let awaitingRecovery = 0;
  const run = verifyAll({ sql, chainKey, redis, progress, ...asked });
  for (;;) {
    const step = await run.next();
    if (step.done === true) {
      const { since } = asked;
      return { differences, count, progress: step.value, awaitingRecovery, gateOpen, since };
    }
    if (!gateOpen && isBehind(step.value)) awaitingRecovery += 1;
    else if (++count <= PRINTED_MAX) differences.push(step.value);
  }
}

/**
 * After a crash Redis may be older than the ledger until the gate has brought it in step, and nobody
 * can use it before that (I11), so behind a closed gate this is no difference yet.
 */
function isBehind({ what, expected, found }: Difference): boolean {
  return what === 'redis sequence' && Number(found) < Number(expected);
}

function instantOf(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new UsageError(`--since: ${text} is not a time`);
  return at;
}

function connectionsOf(text: string | undefined): number {
  const count = text === undefined ? CONNECTIONS : Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= CONNECTIONS_MAX) return count;
  throw new UsageError(`--connections: ${text} is not from 1 to ${CONNECTIONS_MAX}`);
}

async function mustExist({ sql }: CommandStores, walletId: string): Promise<void> {
  const rows = await sql`SELECT 1 FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  if (rows.length === 0) throw new Error(`there is no wallet ${walletId}`);
}

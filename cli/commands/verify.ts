import {
  type Difference,
  migrationView,
  type VerifyProgress,
  verify as verifyAll,
} from '../../persistence/index.ts';
import { type Command, optionsOf, UsageError } from '../command.ts';
import { type CommandStores, openStores } from '../stores.ts';

/** Differences beyond these are counted, not printed. */
const PRINTED_MAX = 1_000;

export const verify: Command = {
  name: 'verify',
  summary: 'compares ledger, snapshots, holds and Redis: 0 differences, or a list and exit code 1',
  options: [
    ['--wallet <id>', 'checks one wallet'],
    ['--since <time>', 'replays only rows made since then (RFC 3339)'],
    ['--json', 'prints one JSON object'],
  ],
  async run(args, surroundings) {
    const options = optionsOf(args, {
      wallet: { type: 'string' },
      since: { type: 'string' },
      json: { type: 'boolean' },
    });
    const since = options.since === undefined ? undefined : instantOf(options.since);
    const stores = await openStores(surroundings.env);
    try {
      await mustBeMigrated(stores);
      if (options.wallet !== undefined) await mustExist(stores, options.wallet);
      const showsProgress = surroundings.isTerminal && options.json !== true;
      const found = await compare(stores, options.wallet, since, (sofar) => {
        if (showsProgress) surroundings.out(`\r${countsOf(sofar)}`);
      });
      if (showsProgress) surroundings.out('\r\u001b[K');
      surroundings.out(options.json === true ? jsonOf(found) : textOf(found));
      return found.count === 0 ? 0 : 1;
    } finally {
      await stores.close();
    }
  },
};

interface Found {
  differences: Difference[];
  count: number;
  progress: VerifyProgress;
  /** Wallets that Redis has older than the ledger while the gate is closed. */
  awaitingRecovery: number;
  gateOpen: boolean;
}

async function compare(
  { sql, chainKey, redis, partitions }: CommandStores,
  walletId: string | undefined,
  since: Date | undefined,
  progress: (sofar: VerifyProgress) => void,
): Promise<Found> {
  const { standing, shutPartitions } = await redis.gate(partitions);
  const gateOpen = standing && shutPartitions.length === 0;
  const differences: Difference[] = [];
  let count = 0;
  let awaitingRecovery = 0;
  const run = verifyAll({
    sql,
    chainKey,
    redis,
    progress,
    ...(walletId !== undefined && { walletId }),
    ...(since !== undefined && { since }),
  });
  for (;;) {
    const step = await run.next();
    if (step.done === true) {
      return { differences, count, progress: step.value, awaitingRecovery, gateOpen };
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

async function mustBeMigrated({ sql }: CommandStores): Promise<void> {
  const { pending } = await migrationView(sql);
  if (pending.length === 0) return;
  throw new Error(
    'the database is not of this release; start Ringfence once to bring it up to date',
  );
}

async function mustExist({ sql }: CommandStores, walletId: string): Promise<void> {
  const rows = await sql`SELECT 1 FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  if (rows.length === 0) throw new Error(`there is no wallet ${walletId}`);
}

function countsOf({ wallets, entries, inRedis }: VerifyProgress): string {
  return `${wallets} wallets, ${entries} entries, ${inRedis} wallets in Redis`;
}

function textOf({ differences, count, progress, awaitingRecovery, gateOpen }: Found): string {
  const lines = differences.map(
    ({ walletId, what, expected, found }) =>
      `${walletId}: ${what}: expected ${expected}, found ${found}`,
  );
  if (count > differences.length) lines.push(`... and ${count - differences.length} more`);
  if (awaitingRecovery > 0) {
    lines.push(
      `${awaitingRecovery} wallets in Redis are older than the ledger and wait for recovery at start`,
    );
  } else if (!gateOpen) lines.push('the recovery gate is closed; it opens when Ringfence starts');
  lines.push(`checked ${countsOf(progress)}`);
  lines.push(count === 1 ? '1 difference' : `${count} differences`);
  return `${lines.join('\n')}\n`;
}

function jsonOf({ differences, count, progress, awaitingRecovery, gateOpen }: Found): string {
  const body = {
    differences: differences.map(({ walletId, ...rest }) => ({ wallet_id: walletId, ...rest })),
    difference_count: count,
    wallets: progress.wallets,
    entries: progress.entries,
    wallets_in_redis: progress.inRedis,
    wallets_awaiting_recovery: awaitingRecovery,
    gate: gateOpen ? 'open' : 'closed',
  };
  return `${JSON.stringify(body)}\n`;
}

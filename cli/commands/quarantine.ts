import {
  acknowledgeRecord,
  readLedgerImage,
  readQuarantine,
  readWaiting,
} from '../../persistence/index.ts';
import { type Command, optionsOf, type Surroundings, UsageError } from '../command.ts';
import { BY_OPTION, decisionOf } from '../operator.ts';
import { release, releaseText } from '../quarantine/release.ts';
import { listJson, listText, showJson, showText } from '../quarantine/text.ts';
import { type CommandStores, mustBeMigrated, openStores } from '../stores.ts';

/** More than a person reads. */
const SHOWN_MAX = 1_000;

const LOOK = { json: { type: 'boolean' } } as const;
const DECIDE = { reason: { type: 'string' }, by: { type: 'string' } } as const;

type Out = Surroundings['out'];
/** What a subcommand will do, once the stores are open. @returns the exit code */
type Work = (stores: CommandStores, out: Out) => Promise<number>;

export const quarantine: Command = {
  name: 'quarantine',
  summary: 'shows wallets whose entries the ledger could not take, and releases them',
  options: [
    ['list', 'every wallet in quarantine, and records that no wallet waits for'],
    ['show <wallet>', 'why and when: what waits, beside what the ledger has'],
    ['release <wallet>', 'moves what waits into the ledger and lifts the freeze; needs --reason'],
    ['acknowledge <record>', 'closes a record that no wallet waits for; needs --reason'],
    ['--rebase', 'release: puts entries that do not follow the ledger on top of it'],
    ['--reason <text>', 'why; recorded in operator_actions'],
    BY_OPTION,
    ['--json', 'list, show: prints one JSON object'],
  ],
  async run([subcommand = '', ...args], { env, out }) {
    const work = workOf(subcommand, args);
    const stores = await openStores(env);
    try {
      await mustBeMigrated(stores);
      return await work(stores, out);
    } finally {
      await stores.close();
    }
  },
};

/** Everything that can be wrong with the command line is found before anything is opened. */
function workOf(subcommand: string, args: readonly string[]): Work {
  if (subcommand === 'list') return listing(args);
  const [named, ...rest] = args;
  if (!['show', 'release', 'acknowledge'].includes(subcommand)) {
    throw new UsageError('say list, show <wallet>, release <wallet> or acknowledge <record>');
  }
  if (named === undefined || named.startsWith('-')) {
    const what = subcommand === 'acknowledge' ? 'record' : 'wallet';
    throw new UsageError(`${subcommand}: name the ${what}`);
  }
  if (subcommand === 'show') return showing(named, rest);
  return subcommand === 'release' ? releasing(named, rest) : acknowledging(named, rest);
}

function listing(args: readonly string[]): Work {
  const { json } = optionsOf(args, LOOK);
  return async ({ sql }, out) => {
    const list = await readQuarantine(sql, SHOWN_MAX);
    out(json === true ? listJson(list) : listText(list));
    return list.wallets.length + list.records.length === 0 ? 0 : 1;
  };
}

function showing(walletId: string, args: readonly string[]): Work {
  const { json } = optionsOf(args, LOOK);
  return async ({ sql, redis }, out) => {
    const ledger = await readLedgerImage(sql, walletId);
    if (ledger === undefined) throw new Error(`there is no wallet ${walletId}`);
    const inRedis = await redis.peekWallets(ledger.partition, [walletId]);
    const waiting = await readWaiting(sql, walletId, SHOWN_MAX);
    const shown = { walletId, ledger, redis: inRedis.get(walletId), waiting };
    out(json === true ? showJson(shown) : showText(shown));
    return 0;
  };
}

function releasing(walletId: string, args: readonly string[]): Work {
  const options = optionsOf(args, { ...DECIDE, rebase: { type: 'boolean' } });
  const decision = decisionOf(options.reason, options.by);
  return async (stores, out) => {
    const answer = await release(stores, walletId, options.rebase === true, decision);
    out(releaseText(walletId, answer));
    return answer.status === 'released' ? 0 : 1;
  };
}

function acknowledging(record: string, args: readonly string[]): Work {
  const options = optionsOf(args, DECIDE);
  const decision = decisionOf(options.reason, options.by);
  const id = Number(record);
  if (!Number.isSafeInteger(id) || id < 1) throw new UsageError(`${record} is no record's number`);
  return async ({ sql }, out) => {
    const closed = await acknowledgeRecord(sql, id, decision);
    out(
      closed
        ? `record ${id} is acknowledged\n`
        : `record ${id} is not open, or wallets wait for it: release them\n`,
    );
    return closed ? 0 : 1;
  };
}

import { type Command, optionsOf, type Surroundings, UsageError } from '../command.ts';
import { BY_OPTION, decisionOf, operatorOf } from '../operator.ts';
import { createProgress } from '../progress.ts';
import { carryOut, type Done, type Order } from '../rebuild/carry-out.ts';
import { standOf } from '../rebuild/look.ts';
import { hindrancesOf, isHindered, type PartitionPlan, planOf } from '../rebuild/plan.ts';
import { type Named, type Scope, scopeOf } from '../rebuild/scope.ts';
import { doneLine, planText, rebuildJson } from '../rebuild/text.ts';
import { type CommandStores, mustBeMigrated, openStores } from '../stores.ts';

export const rebuild: Command = {
  name: 'rebuild',
  summary: 'empties Redis and fills it from the ledger; only shows what it would do, until --yes',
  options: [
    ['--yes', 'does it; a running Ringfence answers 503 recovering for a partition meanwhile'],
    ['--partition <n>', 'only this partition; may be given several times'],
    ['--wallet <id>', 'only this wallet and its open holds; may be given several times'],
    ['--discard <wallet>', 'gives up what only Redis has of it; several times, or all'],
    ['--reason <text>', 'why; needed with --discard, recorded in operator_actions'],
    BY_OPTION,
    ['--json', 'prints one JSON object'],
  ],
  async run(args, surroundings) {
    const asked = askedOf(args);
    const stores = await openStores(surroundings.env);
    try {
      await mustBeMigrated(stores);
      return await rebuildAsked(stores, asked, surroundings);
    } finally {
      await stores.close();
    }
  },
};

interface Asked extends Order {
  readonly named: Named;
  readonly yes: boolean;
  readonly json: boolean;
}

function askedOf(args: readonly string[]): Asked {
  const options = optionsOf(args, {
    yes: { type: 'boolean' },
    partition: { type: 'string', multiple: true },
    wallet: { type: 'string', multiple: true },
    discard: { type: 'string', multiple: true },
    reason: { type: 'string' },
    by: { type: 'string' },
    json: { type: 'boolean' },
  });
  const { partition = [], wallet = [], discard = [], yes = false, json = false } = options;
  if (partition.length > 0 && wallet.length > 0) {
    throw new UsageError('name partitions or wallets, not both');
  }
  const decision =
    yes && (discard.length > 0 || options.reason !== undefined)
      ? decisionOf(options.reason, options.by)
      : { operator: operatorOf(options.by), reason: 'none was given' };
  const given = new Set(discard);
  return {
    named: { partitions: partition, wallets: wallet },
    discard: (walletId) => given.has('all') || given.has(walletId),
    decision,
    yes,
    json,
  };
}

async function rebuildAsked(
  stores: CommandStores,
  asked: Asked,
  surroundings: Surroundings,
): Promise<number> {
  const tell = asked.json ? () => undefined : surroundings.out;
  const scope = await scopeOf(stores.sql, stores.partitions, asked.named);
  const plans = await planned(stores, scope, surroundings, asked.json);
  tell(planText(plans, asked.discard));
  const isRefused = isHindered(hindrancesOf(plans, asked.discard));
  if (isRefused || !asked.yes) {
    const how = asked.yes ? 'nothing was changed' : 'nothing was changed; --yes does it';
    if (asked.json) surroundings.out(rebuildJson(plans, asked.discard, undefined, undefined));
    else tell(`${how}\n`);
    return isRefused ? 1 : 0;
  }
  const done: Done[] = [];
  await carryOut(stores, plans, asked, (one) => {
    done.push(one);
    if (one.cleared + one.drained > 0 || one.refused !== undefined) tell(`${doneLine(one)}\n`);
  });
  const left = await differencesLeft(stores, scope);
  if (asked.json) surroundings.out(rebuildJson(plans, asked.discard, done, left));
  else tell(left === 1 ? '1 difference\n' : `${left} differences\n`);
  return left === 0 && done.every(({ refused }) => refused === undefined) ? 0 : 1;
}

async function planned(
  stores: CommandStores,
  scope: Scope,
  surroundings: Surroundings,
  quiet: boolean,
): Promise<PartitionPlan[]> {
  const progress = createProgress(surroundings);
  const total = scope.partitions.length;
  const plans = await planOf(stores, scope, (done) => {
    if (!quiet) progress.show(done, total, `${done} of ${total} partitions compared`);
  });
  progress.end();
  return plans;
}

/** Between Redis and the ledger, once the rebuilt partitions are open again. */
async function differencesLeft(
  stores: CommandStores,
  { partitions, walletsIn }: Scope,
): Promise<number> {
  let count = 0;
  for (const partition of partitions) {
    const stand = await standOf(stores, partition, walletsIn(partition), undefined);
    count += stand.differing + stand.ledgerFaults.length;
  }
  return count;
}

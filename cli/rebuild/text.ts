/** A plan of a rebuild and what came of it, as text for a person and as JSON for a program. */
import type { Difference } from '../../persistence/index.ts';
import type { Done } from './carry-out.ts';
import {
  type Discard,
  type Hindrances,
  hindrancesOf,
  isHindered,
  type PartitionPlan,
} from './plan.ts';

export function planText(plans: readonly PartitionPlan[], discard: Discard): string {
  const lines = plans.filter(isSomething).flatMap((plan) => planLines(plan, discard));
  const sum = (of: (plan: PartitionPlan) => number) => plans.reduce((n, plan) => n + of(plan), 0);
  lines.push(
    `${plans.length} partitions; ${sum(({ unflushed }) => unflushed.entries)} journal entries to take into the ledger, ${sum(({ differing }) => differing)} differences to mend, ${sum(({ image }) => image.openHolds)} open holds to bring back`,
    ...hindranceLines(hindrancesOf(plans, discard)),
  );
  return `${lines.join('\n')}\n`;
}

function isSomething({ image, keys = 0, unflushed, losses }: PartitionPlan): boolean {
  return image.wallets + keys + unflushed.entries + losses.length > 0;
}

function planLines(plan: PartitionPlan, discard: Discard): string[] {
  const { partition, wallets, image, inRedis, keys, unflushed, differing, losses } = plan;
  const what = wallets === undefined ? '' : `, of it ${wallets.join(', ')}`;
  const redis = keys === undefined ? `${inRedis} wallets` : `${inRedis} wallets, ${keys} keys`;
  const lines = [
    `partition ${partition}${what}: ledger ${image.wallets} wallets, ${image.openHolds} open holds (${image.openCalls} calls); Redis ${redis}`,
  ];
  if (unflushed.entries > 0) {
    const age = Math.max(0, Date.now() - (unflushed.atMs ?? 0));
    lines.push(
      `  the ledger does not have ${unflushed.entries} journal entries yet (${unflushed.micros} micros, the oldest ${age} ms old): taken in first`,
    );
  }
  if (unflushed.unreadable > 0) {
    lines.push(`  ${unflushed.unreadable} of them cannot be read: they go into quarantine whole`);
  }
  lines.push(...plan.differences.map((one) => `  ${lineOf(one)}: put back`));
  if (differing > plan.differences.length) {
    lines.push(`  ... and ${differing - plan.differences.length} more`);
  }
  for (const { walletId, why } of losses) {
    lines.push(`  ${walletId}: ${why}: ${discard(walletId) ? 'discarded' : 'WOULD BE LOST'}`);
  }
  return lines;
}

/** Why it is refused, by name, and what to do about it. */
export function hindranceLines({ losses, ledgerFaults }: Hindrances): string[] {
  const lines = losses.map(
    ({ walletId, why }) => `refused: ${walletId} would lose what only Redis has (${why})`,
  );
  if (losses.length > 0) {
    lines.push(
      'release it from quarantine, or give it up with --discard <wallet> (or --discard all) and --reason',
    );
  }
  for (const fault of ledgerFaults) lines.push(`refused: the ledger is damaged: ${lineOf(fault)}`);
  if (ledgerFaults.length > 0) {
    lines.push(
      'run verify; a damaged ledger is mended from a backup of Postgres, not copied into Redis',
    );
  }
  return lines;
}

function lineOf({ walletId, what, expected, found }: Difference): string {
  return `${walletId}: ${what}: expected ${expected}, found ${found}`;
}

export function doneLine({ partition, drained, cleared, restored, shutMs, refused }: Done): string {
  if (refused !== undefined) {
    return [`partition ${partition}: left as it was`, ...hindranceLines(refused)].join('\n  ');
  }
  return `partition ${partition}: ${drained} journal entries taken in or compared, ${cleared} keys cleared, ${restored} wallets and holds put back; shut for ${shutMs} ms`;
}

/** @param done undefined: nothing was done. @param left differences afterwards */
export function rebuildJson(
  plans: readonly PartitionPlan[],
  discard: Discard,
  done: readonly Done[] | undefined,
  left: number | undefined,
): string {
  const body = {
    refused: isHindered(hindrancesOf(plans, discard)),
    partitions: plans.map((plan) => ({
      partition: plan.partition,
      wallet_ids: plan.wallets ?? null,
      ledger_wallets: plan.image.wallets,
      open_holds: plan.image.openHolds,
      redis_wallets: plan.inRedis,
      redis_keys: plan.keys ?? null,
      unflushed_entries: plan.unflushed.entries,
      unflushed_micros: plan.unflushed.micros,
      difference_count: plan.differing,
      differences: plan.differences.map(differenceOf),
      ledger_faults: plan.ledgerFaults.map(differenceOf),
      losses: plan.losses.map(({ walletId, why }) => ({
        wallet_id: walletId,
        why,
        discard: discard(walletId),
      })),
    })),
    done:
      done?.map(({ partition, drained, cleared, restored, shutMs, refused }) => ({
        partition,
        drained,
        cleared_keys: cleared,
        restored,
        shut_ms: shutMs,
        refused: refused !== undefined,
      })) ?? null,
    differences_left: left ?? null,
  };
  return `${JSON.stringify(body)}\n`;
}

function differenceOf({ walletId, what, expected, found }: Difference) {
  return { wallet_id: walletId, what, expected, found };
}

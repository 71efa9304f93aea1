/** Money in, money out, corrections, and the limits of wallets. */
import { type CreditKind, entryId } from '../../../engine/index.ts';
import type { Command } from '../../../engine/model/index.ts';
import { AMOUNTS, DEPOSITS } from '../shapes.ts';
import type { World } from '../world.ts';
import type { Events } from './event.ts';

export const MONEY: Events = {
  deposit: { weight: 8, run: (world) => deposit(world) },
  credit: {
    weight: 3,
    async run(world) {
      const { organizationId, partition, walletId } = world.oneOf(world.stage.tenants);
      const kind = world.oneOf<CreditKind>(['bonus', 'adjustment', 'auto_recharge', 'dispute']);
      const amount = world.oneOf(AMOUNTS);
      const negative = kind === 'dispute' || (kind === 'adjustment' && world.dice.chance(0.5));
      const amountMicros = negative ? 0 - amount : amount;
      const request = world.newKey('credits', organizationId);
      const head = { partition, organizationId, walletId, request };
      await world.send({ verb: 'credit', ...head, kind, amountMicros });
    },
  },
  charge: {
    weight: 8,
    async run(world) {
      const { organizationId, partition, walletId } = world.oneOf(world.stage.tenants);
      await world.send({
        verb: 'charge',
        partition,
        organizationId,
        request: world.newKey('charges', organizationId),
        overdraft: world.dice.chance(0.7),
        unbilled: world.dice.chance(0.05),
        legs: [{ walletId, role: 'client', amountMicros: world.oneOf(AMOUNTS) }],
      });
    },
  },
  refund: { weight: 3, run: refund },
  transfer: {
    weight: 3,
    async run(world) {
      const from = world.oneOf(world.stage.tenants);
      const to = world.oneOf(world.stage.tenants);
      if (from === to || from.partition !== to.partition) return;
      const { organizationId, partition } = from;
      await world.send({
        verb: 'transfer',
        partition,
        organizationId,
        request: world.newKey('transfers', organizationId),
        fromWalletId: from.walletId,
        toWalletId: to.walletId,
        amountMicros: world.oneOf(AMOUNTS),
      });
    },
  },
  configure: {
    weight: 3,
    async run(world) {
      const { organizationId, partition, walletId } = world.oneOf(world.stage.tenants);
      await world.send({
        verb: 'configure',
        partition,
        organizationId,
        walletId,
        changes: limits(world),
      });
    },
  },
};

function limits(world: World) {
  return world.oneOf([
    { creditLimitMicros: 0, frozen: false },
    { creditLimitMicros: 200_000 },
    { cutoffThresholdMicros: 50_000 },
    { cutoffThresholdMicros: 0, maxLiveCalls: 0 },
    { maxLiveCalls: 2 },
    { frozen: true },
    { frozen: false },
  ]);
}

/** Bought by card; half of them are acknowledged only when they are in the ledger. */
export async function deposit(world: World): Promise<void> {
  const { organizationId, rootId, partition, walletId } = world.oneOf(world.stage.tenants);
  const key = `pi_${world.count()}`;
  const outcome = await world.send({
    verb: 'credit',
    partition,
    organizationId,
    walletId,
    request: { kind: 'payment_intent', scope: rootId, key, fingerprint: 'f' },
    kind: 'deposit',
    amountMicros: world.oneOf(DEPOSITS),
  });
  if (outcome.status === 'done' && world.dice.chance(0.5)) await world.acknowledge(outcome);
}

/** Gives back a charge or capture that is in the ledger, more than once and too much too. */
async function refund(world: World): Promise<void> {
  if (world.away) return;
  const taken = world.book.partitions.flatMap(({ partition, history, committed }) =>
    history
      .slice(0, committed)
      .flatMap(({ entry }) =>
        entry.rows.flatMap(({ kind, walletId }, i) =>
          kind === 'charge' || kind === 'capture' ? [{ partition, entry, walletId, i }] : [],
        ),
      ),
  );
  if (taken.length === 0) return;
  const { partition, entry, walletId, i } = world.oneOf(taken);
  const refunds = entryId(entry.mutationId, i);
  const { organizationId } = entry;
  const request = world.newKey('refunds', organizationId);
  const head = { partition, organizationId, walletId, request, refunds, memo: { refunds } };
  const command: Command = {
    verb: 'credit',
    ...head,
    kind: 'refund',
    amountMicros: world.oneOf(AMOUNTS),
  };
  await world.send(command);
}

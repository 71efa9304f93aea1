/**
 * Every operation whose script is measured, in an order in which each finds what it needs: calls
 * are authorized, then all of them are started, then all checked, and so on to their ends.
 */
import { type BenchCall, createOperations } from '../stage/calls.ts';
import type { Stage } from '../stage/stage.ts';
import type { BenchWallet, Purse } from '../stage/wallets.ts';

export interface MeasuredOperation {
  readonly name: string;
  /** Does it for the n-th time. One script each. */
  readonly run: (n: number) => Promise<unknown>;
}

export function measuredOperations(stage: Stage, purse: Purse): MeasuredOperation[] {
  const operations = createOperations(stage, purse.organizationId);
  const wallet = (n: number) => purse.many(n);
  const agency = (n: number) => purse.many(n + stage.partitions);
  return [
    ...oneLeg(operations, wallet),
    ...twoLegs(operations, wallet, agency),
    ...amounts(operations, wallet),
    { name: 'charge', run: (n) => operations.charge(`charge-${n}`, wallet(n)) },
    { name: 'charge, replayed', run: (n) => operations.charge(`charge-${n}`, wallet(n)) },
    { name: 'credit', run: (n) => operations.credit(`credit-${n}`, wallet(n)) },
    {
      name: 'transfer',
      run: (n) => operations.transfer(`transfer-${n}`, wallet(n), agency(n)),
    },
  ];
}

type Verbs = ReturnType<typeof createOperations>;
type WalletAt = (n: number) => BenchWallet;

/** Calls kept from the operation that opened them to the ones that follow. */
function book() {
  const calls: BenchCall[] = [];
  return {
    async keep(n: number, call: Promise<BenchCall>): Promise<void> {
      calls[n] = await call;
    },
    at(n: number): BenchCall {
      const call = calls[n];
      if (call === undefined) throw new Error(`there is no call ${n}`);
      return call;
    },
  };
}

function oneLeg(verbs: Verbs, wallet: WalletAt): MeasuredOperation[] {
  const { keep, at } = book();
  return [
    { name: 'authorize', run: (n) => keep(n, verbs.authorize(`call-${n}`, wallet(n))) },
    { name: 'authorize, replayed', run: (n) => verbs.authorize(`call-${n}`, wallet(n)) },
    { name: 'start', run: (n) => verbs.start(at(n)) },
    { name: 'check, extends', run: (n) => verbs.check(at(n), 60_000) },
    { name: 'capture', run: (n) => verbs.capture(at(n)) },
    { name: 'settle', run: (n) => verbs.settle(at(n), 70_000) },
  ];
}

function twoLegs(verbs: Verbs, wallet: WalletAt, agency: WalletAt): MeasuredOperation[] {
  const { keep, at } = book();
  return [
    {
      name: 'authorize, two legs',
      run: (n) => keep(n, verbs.authorize(`two-${n}`, wallet(n), agency(n))),
    },
    { name: 'check, two legs', run: (n) => verbs.check(at(n), 60_000) },
    { name: 'capture, two legs', run: (n) => verbs.capture(at(n)) },
  ];
}

function amounts(verbs: Verbs, wallet: WalletAt): MeasuredOperation[] {
  const kept = book();
  const passing = book();
  return [
    { name: 'authorize, amount', run: (n) => kept.keep(n, verbs.hold(`hold-${n}`, wallet(n))) },
    { name: 'extend, amount', run: (n) => verbs.extend(kept.at(n), `extend-${n}`) },
    { name: 'void', run: (n) => verbs.void(kept.at(n)) },
    {
      name: 'authorize, amount for 1 ms',
      run: (n) => passing.keep(n, verbs.hold(`passing-${n}`, wallet(n), 1)),
    },
    { name: 'expire', run: (n) => verbs.expire(passing.at(n)) },
  ];
}

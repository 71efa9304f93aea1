/**
 * A transfer between partitions, where no single script can move both wallets.
 *
 *   created --debit committed--> debited --credit--> completed
 *      |                            |
 *      |                            +--called off--> reversing --given back--> reversed
 *      +--refused--> refused                             ^
 *                       +--debited all the same----------+
 *
 * The intent row comes first, so that any process can take a transfer up where another one died.
 * Each money step has a key made of the transfer's id, so that it happens once however often it is
 * tried, and the credit never runs before the debit's row is in the ledger. Money in
 * transit is what `debited` and `reversing` rows say.
 *
 * Two processes may be on one transfer and see different balances. Whether the credit happens is
 * decided under its key: a credit that is refused is called off by taking the key for an entry of
 * nothing, after which no other process can make it. The debit's refusal is remembered under its
 * key by Redis; should Redis lose that and the debit be applied after all, the money is given back.
 */
import {
  type Engine,
  type JournalEntry,
  OutageError,
  type RequestKey,
} from '../../engine/index.ts';
import type { AwaitedMutation, Directory, Transfer, Wallet } from '../../persistence/index.ts';

export interface SagaDoors {
  engine: Pick<Engine, 'charge' | 'credit'>;
  directory: Pick<Directory, 'wallets' | 'transfers'>;
  /** Resolves when the mutation is in the ledger; throws OutageError ledger_wait_timeout. */
  waitForLedger(mutation: AwaitedMutation): Promise<void>;
}

/** The intent rows alone. */
interface TransferDoor {
  directory: Pick<Directory, 'transfers'>;
}

/** Steps of one transfer are at most: debit, reopening, credit, reversal begun, given back. */
const STEPS_MAX = 6;

type StepName = 'debit' | 'credit' | 'reversal';

export type Advance = (transfer: Transfer) => Promise<Transfer>;

/** Makes the function that carries a transfer as far as it goes now; it may throw an OutageError. */
export function createSaga(doors: SagaDoors): Advance {
  return async (transfer) => {
    let current = transfer;
    for (let i = 0; i < STEPS_MAX; i++) {
      const next = await step(doors, current);
      if (next === undefined) return current;
      current = next;
    }
    throw new Error(`transfer ${transfer.id} does not come to an end`);
  };
}

async function step(doors: SagaDoors, transfer: Transfer): Promise<Transfer | undefined> {
  switch (transfer.state) {
    case 'created':
      return debit(doors, transfer);
    case 'debited':
      return credit(doors, transfer);
    case 'reversing':
      return giveBack(doors, transfer);
    default:
      return undefined;
  }
}

/**
 * Redis forgets an explicit key once its row has been in the ledger for long enough. A transfer that is
 * taken up later than that would be debited again, so the ledger is asked first.
 */
async function debit(doors: SagaDoors, transfer: Transfer): Promise<Transfer> {
  if (await doors.directory.transfers.isDebited(transfer.id)) return debited(doors, transfer);
  const from = await walletOf(doors, transfer.fromWalletId);
  const outcome = await doors.engine.charge({
    partition: from.partition,
    request: stepKey(transfer, from, 'debit'),
    organizationId: from.organizationId,
    kind: 'transfer',
    overdraft: true,
    unbilled: false,
    legs: [{ walletId: from.id, role: 'from', amountMicros: transfer.amountMicros }],
    memo: memoOf(transfer),
  });
  if (outcome.status !== 'done') {
    const { replayed: _, ...refusal } = outcome;
    return moved(doors, transfer, 'refused', refusal);
  }
  await doors.waitForLedger(outcome.entry);
  return debited(doors, transfer);
}

/** The debit is in the ledger. */
async function debited(doors: SagaDoors, transfer: Transfer): Promise<Transfer> {
  const current = await moved(doors, transfer, 'debited');
  return current.state === 'refused' ? reopen(doors, current) : current;
}

/** A refused transfer whose debit is in the ledger: the money has to come back. */
export function reopen(doors: TransferDoor, transfer: Transfer): Promise<Transfer> {
  return moved(doors, transfer, 'reversing');
}

async function credit(doors: SagaDoors, transfer: Transfer): Promise<Transfer> {
  const outcome = await put(doors, transfer, transfer.toWalletId, 'credit');
  if (outcome.status === 'done') return decided(doors, transfer, outcome.entry);
  const { replayed: _, ...refusal } = outcome;
  const { entry } = await callOff(doors, transfer);
  return decided(doors, transfer, entry, refusal);
}

/** What the entry under the credit's key says: the credit, or that it was called off. */
async function decided(
  doors: SagaDoors,
  transfer: Transfer,
  entry: JournalEntry,
  refusal?: Record<string, unknown>,
): Promise<Transfer> {
  if (entry.operation === 'credit') return committed(doors, transfer, entry, 'completed');
  await doors.waitForLedger(entry);
  return moved(doors, transfer, 'reversing', refusal);
}

/** Takes the credit's key for an entry of nothing, unless another process made the credit. */
async function callOff(doors: SagaDoors, transfer: Transfer) {
  const to = await walletOf(doors, transfer.toWalletId);
  const outcome = await doors.engine.charge({
    partition: to.partition,
    request: stepKey(transfer, to, 'credit'),
    organizationId: to.organizationId,
    kind: 'transfer',
    overdraft: true,
    unbilled: true,
    legs: [{ walletId: to.id, role: 'to', amountMicros: 0 }],
    memo: { ...memoOf(transfer), description: 'transfer called off' },
  });
  if (outcome.status === 'done') return outcome;
  throw new Error(`transfer ${transfer.id} cannot be called off: ${outcome.status}`);
}

async function giveBack(doors: SagaDoors, transfer: Transfer): Promise<Transfer> {
  const outcome = await put(doors, transfer, transfer.fromWalletId, 'reversal');
  if (outcome.status === 'done') return committed(doors, transfer, outcome.entry, 'reversed');
  throw new Error(`transfer ${transfer.id} cannot be given back: ${outcome.status}`);
}

/**
 * The end of a transfer is written in Postgres, so its money must be there first: a credit that Redis
 * alone knew and lost would never be made again.
 */
async function committed(
  doors: SagaDoors,
  transfer: Transfer,
  entry: AwaitedMutation,
  to: 'completed' | 'reversed',
): Promise<Transfer> {
  await doors.waitForLedger(entry);
  return moved(doors, transfer, to);
}

async function put(
  doors: SagaDoors,
  transfer: Transfer,
  walletId: string,
  name: Exclude<StepName, 'debit'>,
) {
  const wallet = await walletOf(doors, walletId);
  return doors.engine.credit({
    partition: wallet.partition,
    request: stepKey(transfer, wallet, name),
    organizationId: wallet.organizationId,
    walletId: wallet.id,
    kind: 'transfer',
    amountMicros: transfer.amountMicros,
    memo: memoOf(transfer),
  });
}

/** The compare-and-set; when another process was faster, its result is the answer. */
async function moved(
  { directory }: TransferDoor,
  transfer: Transfer,
  to: Transfer['state'],
  refusal?: Record<string, unknown>,
): Promise<Transfer> {
  const advanced = await directory.transfers.advance(transfer.id, transfer.state, to, refusal);
  const current = advanced ?? (await directory.transfers.get(transfer.id));
  // Postgres came back older than the intent: the request repeated writes the same one again.
  if (current === undefined) throw new OutageError('recovering');
  return current;
}

/**
 * The debit has the request's own key, whose refusal is remembered, so that two processes on one
 * transfer cannot decide differently, and the same key on a transfer inside a partition is a
 * conflict there. The other two steps put money in, and are natural keys.
 */
function stepKey(transfer: Transfer, wallet: Wallet, name: StepName): RequestKey {
  const { id, fingerprint } = transfer;
  if (name === 'debit') {
    const key = transfer.requestKey;
    return { kind: 'request', scope: wallet.organizationId, key, fingerprint };
  }
  return { kind: 'transfer', scope: wallet.rootId, key: `${id}:${name}`, fingerprint };
}

function memoOf(transfer: Transfer) {
  return {
    transfer_id: transfer.id,
    ...(transfer.reference !== null && { reference: transfer.reference }),
  };
}

async function walletOf({ directory }: SagaDoors, id: string): Promise<Wallet> {
  const wallet = await directory.wallets.get(id);
  if (wallet === undefined) throw new Error(`wallet ${id} of a transfer does not exist`);
  return wallet;
}

/** What tests of transfers need: wallets in two partitions, intents, and the saga's real doors. */
import type { Transfer } from '../../../persistence/index.ts';
import type { TestProcess } from '../../test/process.ts';
import { organization, wallet } from '../../test/tenants.ts';
import type { SagaDoors } from '../saga.ts';

/** Says that the ledger stands still, not how fast it has to be. */
const WAIT_MS = 60_000;
const TRIES_MAX = 50;

/** The doors that the application itself gives to the saga. */
export function sagaDoors({ core }: Pick<TestProcess, 'core'>): SagaDoors {
  const { engine, directory, ledgerWait } = core;
  return {
    engine,
    directory,
    waitForLedger: (mutation) => ledgerWait.wait(mutation, WAIT_MS),
  };
}

/** A wallet whose root organization lies in another partition than `other`. */
export async function walletElsewhere(app: TestProcess, other: string): Promise<string> {
  const { wallets } = app.core.directory;
  const partition = (await wallets.get(other))?.partition;
  for (let i = 0; i < TRIES_MAX; i++) {
    const id = await wallet(app, await organization(app, `Elsewhere ${i}`));
    if ((await wallets.get(id))?.partition !== partition) return id;
  }
  throw new Error(`${TRIES_MAX} organizations are all in one partition`);
}

let intents = 0;

/** An intent row as `POST /v1/transfers` writes it, before any money moves. */
export async function intentOf(
  { core }: TestProcess,
  from: string,
  to: string,
  amountMicros: number,
): Promise<Transfer> {
  const payer = await core.directory.wallets.get(from);
  if (payer === undefined) throw new Error(`${from} does not exist`);
  const { transfer } = await core.directory.transfers.create({
    organizationId: payer.organizationId,
    fromWalletId: from,
    toWalletId: to,
    amountMicros,
    request: { scope: payer.organizationId, key: `intent ${intents++}`, fingerprint: 'f' },
  });
  return transfer;
}

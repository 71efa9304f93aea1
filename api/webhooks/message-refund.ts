/**
 * Gives back what a message cost that was never delivered, for organizations that want it so
 * (`refund_failed_messages: true` in their metadata or that of the nearest one above).
 *
 * The charge is found by its `reference`, which has to be the message's id. References have no
 * index, and a loss is told within minutes or hours, so only late charges are looked through.
 */
import type { Engine, LedgerSource } from '../../engine/index.ts';
import type { MessageStatus } from '../../kill-switch/index.ts';
import type { Directory, LedgerEntry, Wallet } from '../../persistence/index.ts';

const LOOK_BACK_MS = 3 * 24 * 60 * 60_000;
/** Charges of one wallet that are looked through, newest first. */
const CHARGES_MAX = 10_000;
const WALLETS_MAX = 100;
/** Wallets that one charge may move. */
const LEGS_MAX = 4;

export type MessageRefund =
  | { readonly status: 'refunded'; readonly entryIds: readonly string[] }
  | { readonly status: 'not_refunded'; readonly why: string };

/** @throws OutageError when a store is away; it is safe to try again */
export type RefundMessage = (message: MessageStatus) => Promise<MessageRefund>;

export interface MessageRefundOptions {
  readonly engine: Pick<Engine, 'credit'>;
  readonly ledger: Pick<LedgerSource, 'entry'>;
  readonly directory: Pick<Directory, 'organizations' | 'wallets' | 'entries'>;
  /** Epoch ms; for tests. */
  readonly nowMs?: () => number;
}

export function createMessageRefund(options: MessageRefundOptions): RefundMessage {
  return async (message) => {
    const { organizationId } = message.ringfence;
    if (organizationId === undefined) return notRefunded('no organization is named');
    const [organization, ...above] = await options.directory.organizations.chain(organizationId);
    if (organization === undefined) return notRefunded('no such organization');
    const wishes = [organization, ...above].map(({ metadata }) => metadata.refund_failed_messages);
    if (wishes.find((wish) => wish !== undefined) !== true) return notRefunded('not wished');
    const found = await findCharge(options, organizationId, message.messageSid);
    if (found === undefined) return notRefunded('no charge has this message as its reference');
    return await refund(options, organization.rootId, message.messageSid, found);
  };
}

function notRefunded(why: string): MessageRefund {
  return { status: 'not_refunded', why };
}

interface FoundCharge {
  readonly wallet: Wallet;
  readonly entry: LedgerEntry;
}

async function findCharge(
  { directory, nowMs = Date.now }: MessageRefundOptions,
  organizationId: string,
  messageSid: string,
): Promise<FoundCharge | undefined> {
  const from = new Date(nowMs() - LOOK_BACK_MS);
  const wallets = await directory.wallets.list({ organizationId, limit: WALLETS_MAX });
  for (const wallet of wallets.data) {
    let seen = 0;
    for await (const page of directory.entries.pages({
      walletId: wallet.id,
      kind: 'charge',
      from,
    })) {
      const entry = page.find(({ reference }) => reference === messageSid);
      if (entry !== undefined) return { wallet, entry };
      seen += page.length;
      if (seen >= CHARGES_MAX) break;
    }
  }
  return undefined;
}

/** Every leg of the charge is given back, each once: the client's and those of its agencies. */
async function refund(
  { engine, ledger }: MessageRefundOptions,
  rootId: string,
  messageSid: string,
  { wallet, entry }: FoundCharge,
): Promise<MessageRefund> {
  const mutation = entry.id.slice(0, -1);
  const entryIds: string[] = [];
  for (let row = 0; row < LEGS_MAX; row++) {
    const refunds = `${mutation}${row}`;
    const leg = await ledger.entry(refunds);
    if (leg === undefined) break;
    if (leg.amountMicros === 0) continue;
    const outcome = await engine.credit({
      partition: wallet.partition,
      request: {
        kind: 'refund_id',
        scope: rootId,
        key: `message ${messageSid} ${row}`,
        fingerprint: refunds,
      },
      organizationId: entry.organizationId,
      walletId: leg.walletId,
      kind: 'refund',
      amountMicros: -leg.amountMicros,
      refunds,
      memo: { reference: messageSid, refunds, description: 'Message not delivered.' },
    });
    if (outcome.status !== 'done') return notRefunded(outcome.status);
    entryIds.push(refunds);
  }
  return { status: 'refunded', entryIds };
}

/**
 * The reconciler: what providers have in their books, Ringfence has in its own, though every webhook
 * were lost. Any number of processes may run one; a pass over an account is leased, so that one of
 * them does it. A pass comes by itself every few minutes, and at once when somebody asks for it.
 */
import { newId } from '../../engine/index.ts';
import type { ReconcileMarks, ReconcileOrder } from '../doors.ts';
import type { ProviderAccount, ProviderClients } from '../providers/clients.ts';
import type { ReconcileContext } from './reconcile-record.ts';
import type { ReconcileReport } from './report.ts';
import { accountName, reconcileStretches } from './stretches.ts';

const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
/** How often a process asks whether a pass is due: somebody may have asked for one. */
const LOOK_EVERY_MS = 1_000;
/** Calls that ring, or were asked to end, are looked at again soon; so is a provider that failed. */
const SOON_MS = 15_000;
const SOON_TIMES_MAX = 8;

export interface ReconcilerOptions extends ReconcileContext {
  readonly clients: ProviderClients;
  readonly marks: ReconcileMarks;
  readonly nowMs: () => number;
  /** From the end of one pass to the next one of the same account. */
  readonly everyMs: number;
  /** Told of every pass, complete or not. */
  readonly reconciled?: (report: ReconcileReport) => void;
}

export interface Reconciler {
  /** Begins to do the passes that are due. */
  start(): void;
  /** Finishes the stretch under way. */
  stop(): Promise<void>;
  /** A pass at once, whoever else is at it, from the mark or from further back. */
  run(account: ProviderAccount, since?: Date): Promise<ReconcileReport>;
}

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { marks, log } = options;
  const owner = newId('req');
  const pauseAfter = createPauses(options.everyMs);
  let stopping = false;
  let running: Promise<void> | undefined;
  let wake: () => void = () => undefined;
  const context = { ...options, stopping: () => stopping };

  async function loop(): Promise<void> {
    while (!stopping) {
      const worked = await turn().catch((error: unknown) => {
        log.warn({ err: error }, 'the reconciler must wait');
        return false;
      });
      if (!worked && !stopping) await pause();
    }
  }

  /** Takes up one pass; false when none is due. */
  async function turn(): Promise<boolean> {
    const accounts = await options.clients.accounts();
    const order = await marks.claim(accounts.map(accountName), owner, LEASE_MS);
    const account = order && accounts.find((one) => isOf(one, order));
    if (order === undefined || account === undefined) return false;
    const renewal = setInterval(() => {
      marks.renew(order, owner, LEASE_MS).catch(() => undefined);
    }, RENEW_MS);
    let report: ReconcileReport | undefined;
    try {
      report = await pass(account, order);
    } finally {
      clearInterval(renewal);
      const done = report?.complete === true;
      await marks.finish(order, owner, report ? pauseAfter(report) : SOON_MS, done);
    }
    return true;
  }

  async function pass(
    account: ProviderAccount,
    order: Pick<ReconcileOrder, 'reconciledUntil' | 'wantedSince'>,
  ): Promise<ReconcileReport> {
    const report = await reconcileStretches(context, account, order);
    options.reconciled?.(report);
    if (!report.complete) log.warn({ ...report }, 'a provider could not be reconciled wholly');
    else if (report.failed > 0) log.error({ ...report }, 'some calls could not be reconciled');
    else log.info({ ...report }, 'a provider was reconciled');
    return report;
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
    async run(account, since) {
      const reconciledUntil = await marks.reconciledUntil(accountName(account));
      return await pass(account, { reconciledUntil, wantedSince: since ?? null });
    },
  };
}

function isOf({ client, organizationId }: ProviderAccount, order: ReconcileOrder): boolean {
  return client.provider === order.provider && organizationId === order.organizationId;
}

/** How long after a pass the next one comes: soon, a few times, when something is left to do. */
function createPauses(everyMs: number): (report: ReconcileReport) => number {
  const soon = new Map<string, number>();
  return ({ provider, organizationId, complete, waiting, refused }) => {
    const key = `${provider} ${organizationId}`;
    const times = soon.get(key) ?? 0;
    if ((complete && waiting + refused === 0) || times >= SOON_TIMES_MAX) {
      soon.delete(key);
      return everyMs;
    }
    soon.set(key, times + 1);
    return Math.min(SOON_MS, everyMs);
  };
}

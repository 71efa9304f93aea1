import { hostname } from 'node:os';
import { newId, OutageError } from '../../engine/index.ts';
import { type Asking, createEnforcer, type Enforcer } from '../../kill-switch/index.ts';
import {
  type Flusher,
  isPostgresOutage,
  type QuarantineWatch,
  sampleLiveCalls,
  startFlusher,
  startQuarantineWatch,
  startRetention,
} from '../../persistence/index.ts';
import type { Metrics } from '../metrics.ts';
import { startTransferResume } from '../transfers/resume.ts';
import { createSaga } from '../transfers/saga.ts';
import type { Core } from './core.ts';
import { createDialUpkeep } from './dialing.ts';
import { startLedgerUpkeep } from './ledger-upkeep.ts';
import { startNotifications } from './notifications.ts';
import { startPayments } from './payments.ts';
import { createReconciling } from './reconciling.ts';

/** Work that goes on without requests. */
export interface Background {
  /** Finishes what is under way and drains the journal. */
  stop(): Promise<void>;
}

/** How long a stopping process goes on flushing what was acknowledged. */
const DRAIN_MS = 10_000;

/** Starts what this process's role asks for. */
export function startBackground(core: Core, metrics: Metrics): Background {
  const { config, log, directory } = core;
  const flushes = config.RINGFENCE_ROLE === 'all' || config.RINGFENCE_ROLE === 'flusher';
  const serves = config.RINGFENCE_ROLE === 'all' || config.RINGFENCE_ROLE === 'api';
  const enforces = config.RINGFENCE_ROLE === 'all' || config.RINGFENCE_ROLE === 'enforcer';
  const notifications = flushes ? startNotifications(core, metrics.notifications) : undefined;
  const heard = { wake: () => notifications?.wake(), quarantined: () => quarantine?.look() };
  const flusher = flushes ? flusherOf(core, metrics, heard) : undefined;
  const quarantine: QuarantineWatch | undefined = flusher && quarantineOf(core, flusher);
  const stopRetention = flusher && retentionOf(core, flusher);
  const upkeep = flushes ? upkeepOf(core) : undefined;
  const saga = createSaga({
    ...core,
    waitForLedger: (mutation) => core.ledgerWait.wait(mutation, config.RINGFENCE_LEDGER_WAIT_MS),
  });
  const resume = serves ? startTransferResume(directory.transfers, saga, log) : undefined;
  const { asking, reconciler } = createReconciling(core, metrics.reconcile);
  const enforcer = enforces ? enforcerOf(core, asking, metrics) : undefined;
  const dialUpkeep = createDialUpkeep(core, asking);
  if (enforcer) {
    void core.engine.opened().then(() => {
      enforcer.start();
      reconciler.start();
      dialUpkeep.start();
    });
  }
  const payments = serves ? startPayments(core, metrics.payment) : undefined;
  if (serves) {
    metrics.followPayments(() => directory.payments.waiting());
    metrics.followRecharges(() => directory.autoRecharges.waiting());
  }
  if (serves) core.desk.inbox.start();
  return {
    async stop() {
      const lookers = [enforcer?.stop(), reconciler.stop(), dialUpkeep.stop()];
      await Promise.all([...lookers, resume?.stop(), payments?.stop(), core.desk.inbox.stop()]);
      await Promise.all([upkeep?.stop(), stopRetention?.()]);
      await flusher?.stop(DRAIN_MS);
      await quarantine?.stop();
      await notifications?.stop();
    },
  };
}

function enforcerOf(core: Core, asking: Asking, metrics: Metrics): Enforcer {
  const { engine, config, clients, log, stores } = core;
  metrics.followCalls(() => sampleLiveCalls(stores.directory, Date.now()));
  const { sessions } = core.desk;
  return createEnforcer({
    engine,
    partitions: config.RINGFENCE_PARTITIONS,
    log,
    asking,
    cutoff: {
      clients,
      asking,
      reach: sessions.reach,
      terms: sessions.endTerms,
      cutoffState: sessions.cutoffState,
      wasWarned: sessions.wasWarned,
      moved: sessions.cutoffMoved,
      measure: metrics.cutoff,
    },
    note: sessions.note,
    saw: sessions.saw,
  });
}

interface Heard {
  /** What the followers of a batch wrote is there to be taken. */
  wake(): void;
  quarantined(): void;
}

function flusherOf(core: Core, metrics: Metrics, { wake, quarantined }: Heard): Flusher {
  const { engine, log, ledgerWait } = core;
  return startFlusher({
    sql: core.stores.flusher,
    journal: engine.journal,
    chainKey: core.chainKey,
    owner: `${hostname()}:${process.pid}:${newId('req')}`,
    followers: core.followers,
    events: {
      committed(mutationIds) {
        ledgerWait.committed(mutationIds);
        wake();
      },
      batch: metrics.flushed,
      quarantined(notice) {
        log.error({ ...notice }, 'ledger entries were quarantined');
        quarantined();
      },
      // Postgres came back older: the retained journal is being replayed under the same sequences.
      rewound: (notice) => log.error(notice, 'the ledger came back older than its cursor'),
      stale: (what) => log.debug({ what }, 'another process moved on; the batch is read again'),
      trouble: (error) => {
        if (error === undefined) log.info('the flusher works again');
        else log.warn({ err: error }, 'the flusher waits for its stores');
      },
    },
  });
}

function upkeepOf({ engine, stores, chainKey, log }: Core) {
  const backlogAgeMs = () => engine.status().backlog.oldestAgeMs;
  return startLedgerUpkeep({ sql: stores.directory, chainKey, log, backlogAgeMs, nowMs: Date.now });
}

/** From this share of Redis' memory on, what is committed is not kept any longer. */
const PRESSED_MEMORY_SHARE = 0.7;

function retentionOf({ config, engine, log }: Core, flusher: Flusher): () => Promise<void> {
  return startRetention({
    journal: engine.journal,
    held: () => flusher.held(),
    retentionMs: config.RINGFENCE_JOURNAL_RETENTION_MS,
    hotRecordsMs: config.RINGFENCE_HOT_RECORDS_MS,
    pressed: () => engine.status().backlog.memoryShare >= PRESSED_MEMORY_SHARE,
    onError: (error) => log.debug({ err: error }, 'the journal was not trimmed this time'),
  });
}

/**
 * A wallet whose entries were set aside takes no new holds until an operator has looked. A fork also
 * closes the gate: this Redis and the ledger disagree about the past.
 */
function quarantineOf({ engine, log, stores }: Core, flusher: Flusher): QuarantineWatch {
  return startQuarantineWatch({
    sql: stores.ledger,
    engine,
    held: () => flusher.held(),
    onFrozen: (walletId) => log.error({ walletId }, 'a wallet in quarantine was frozen'),
    onError(error) {
      // A store that is away is told of by the flusher and the gate, and this is tried again soon.
      const passing = error instanceof OutageError || isPostgresOutage(error);
      log[passing ? 'debug' : 'error']({ err: error }, 'the quarantine could not be followed');
    },
  });
}

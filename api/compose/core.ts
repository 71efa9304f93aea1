import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import {
  createEngine,
  type Engine,
  type LedgerSource,
  type RecoverySource,
} from '../../engine/index.ts';
import { createSaidOver, type SaidOver } from '../../kill-switch/index.ts';
import { createLedgerFollower, type SecretBox } from '../../notifications/index.ts';
import { createRechargeFollower } from '../../payments/index.ts';
import {
  createDirectory,
  createLedgerSource,
  createLedgerWait,
  createRecoverySource,
  type Directory,
  ensureInstallation,
  type Followers,
  type LedgerWait,
} from '../../persistence/index.ts';
import { type Environment, secretsIn } from '../config-schema.ts';
import type { AccountClients } from '../credentials/account-clients.ts';
import { type CredentialBook, createCredentialBook } from '../credentials/credential-book.ts';
import { createSealer } from '../credentials/sealer.ts';
import { createSecretBox } from '../credentials/secret-box.ts';
import type { KillSwitchMetrics } from '../metrics/kill-switch.ts';
import type { NotificationMetrics } from '../metrics/notifications.ts';
import type { EngineWatch } from '../metrics/scripts.ts';
import { type CallDesk, createCallDesk } from '../webhooks/call-desk.ts';
import { reconcileMarks } from '../webhooks/doors.ts';
import { createClockLog } from './clock-log.ts';
import { createGateLog } from './gate-log.ts';
import { createProviderClients } from './provider-clients.ts';
import { createReconcileRequests } from './reconcile-requests.ts';
import { createReconciling } from './reconciling.ts';
import { openStores, type Stores } from './stores.ts';

/** What every role of a process is built on. */
export interface Core {
  config: Environment;
  log: Logger;
  stores: Stores;
  chainKey: KeyObject;
  ledger: LedgerSource;
  ledgerWait: LedgerWait;
  engine: Engine;
  directory: Directory;
  /** The id of this installation, the same in all its processes. */
  installation: string;
  /** Call sessions, provider events and their inbox. */
  desk: CallDesk;
  /** Who speaks to which provider. */
  clients: AccountClients;
  /** Organizations' own credentials at their providers. */
  credentials: CredentialBook;
  /** Seals the secrets of outgoing webhooks; undefined without a key to seal with. */
  secretBox: SecretBox | undefined;
  /** What is written with the ledger, in whatever transaction takes an entry into it. */
  followers: Followers;
  /** Looks after calls that a caller ended. */
  saidOver: SaidOver;
  stop(): Promise<void>;
}

/** Told of what the core sees. */
export type CoreWatch = EngineWatch &
  Pick<KillSwitchMetrics, 'unknownEvent'> & { readonly notifications: NotificationMetrics };

/** Opens the stores, starts the engine behind its gate, and the directory. */
export async function startCore(config: Environment, log: Logger, watch: CoreWatch): Promise<Core> {
  const stores = await openStores(config, log);
  try {
    const recoveries = createBell();
    const installation = await ensureInstallation(stores.directory);
    const chainKey = createSecretKey(Buffer.from(config.RINGFENCE_LEDGER_KEY, 'utf8'));
    const ledger = createLedgerSource(stores.ledger);
    const followers = ledgerFollowers(log, watch.notifications);
    const recovery = createRecoverySource(stores.ledger, chainKey, stores.openLock, followers);
    const engine = await openEngine(config, log, watch, { ledger, recovery }, recoveries.ring);
    const directory = createDirectory(stores.directory, {
      partitions: config.RINGFENCE_PARTITIONS,
      keyMode: config.RINGFENCE_DEV ? 'test' : 'live',
    });
    await directory.start();
    const ledgerWait = createLedgerWait(stores.ledger);
    const sealer = createSealer(secretsIn(config.RINGFENCE_SECRET_KEY));
    const credentials = createCredentialBook(directory.credentials, sealer, log);
    const clients = createProviderClients(config, directory, credentials);
    const marks = reconcileMarks(directory);
    const requests = createReconcileRequests({ marks, clients, log, nowMs: Date.now });
    recoveries.listen(requests.recovered);
    const desk = createCallDesk({
      engine,
      directory,
      ledger,
      partitions: config.RINGFENCE_PARTITIONS,
      log,
      secrets: {
        vapi: secretsIn(config.VAPI_WEBHOOK_SECRET),
        retell: secretsIn(config.RETELL_API_KEY),
        twilio: secretsIn(config.TWILIO_AUTH_TOKEN),
      },
      credentials,
      publicUrl: config.RINGFENCE_PUBLIC_URL,
      overLimit: requests.overLimit,
      unknownEvent: watch.unknownEvent,
      recordPatienceMs: config.RINGFENCE_CALL_RECORD_WAIT_MS,
    });
    const parts = { config, log, engine, directory, desk, clients };
    const { asking } = createReconciling(parts);
    const saidOver = createSaidOver({
      asking,
      clients,
      sessions: desk.sessions,
      log,
      nowMs: Date.now,
    });
    return {
      ...parts,
      stores,
      installation,
      chainKey,
      ledger,
      ledgerWait,
      credentials,
      secretBox: createSecretBox(sealer),
      followers,
      saidOver,
      async stop() {
        await saidOver.stop();
        await desk.stop();
        ledgerWait.stop();
        await engine.stop();
        await directory.stop();
        await stores.close();
      },
    };
  } catch (error) {
    await stores.close();
    throw error;
  }
}

function openEngine(
  config: Environment,
  log: Logger,
  watch: EngineWatch,
  sources: { readonly ledger: LedgerSource; readonly recovery: RecoverySource },
  recovered: () => void,
): Promise<Engine> {
  const tellGate = createGateLog(log);
  const tellClock = createClockLog(log);
  return createEngine({
    redisUrl: config.REDIS_URL,
    partitions: config.RINGFENCE_PARTITIONS,
    ...sources,
    hotRecordsMs: config.RINGFENCE_HOT_RECORDS_MS,
    guard: {
      backlogMaxAgeMs: config.RINGFENCE_BACKLOG_MAX_AGE_SECONDS * 1000,
      backlogMaxEntries: config.RINGFENCE_BACKLOG_MAX_ENTRIES,
    },
    onGate(event) {
      tellGate(event);
      if (event.kind === 'opened' && event.partitions > 0) recovered();
    },
    onClock(event) {
      tellClock(event);
      watch.onClock(event);
    },
    onScript: watch.onScript,
    onNotAdmitted: watch.onNotAdmitted,
  });
}

function ledgerFollowers(log: Logger, metrics: NotificationMetrics): Followers {
  return {
    each: [createLedgerFollower(), createRechargeFollower()],
    failed(follower, err) {
      log.error({ err, follower }, 'the ledger went on without a follower');
      metrics.followerFailed(follower);
    },
  };
}

/** Heard by its listener even if it rang before there was one: the gate opens early. */
function createBell(): { ring(): void; listen(listener: () => void): void } {
  let rang = false;
  let heard: (() => void) | undefined;
  return {
    ring() {
      if (heard === undefined) rang = true;
      else heard();
    },
    listen(listener) {
      heard = listener;
      if (rang) listener();
    },
  };
}

import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import {
  createEngine,
  type Engine,
  type GateEvent,
  type LedgerSource,
} from '../../engine/index.ts';
import {
  createDirectory,
  createLedgerSource,
  createLedgerWait,
  createRecoverySource,
  type Directory,
  type LedgerWait,
} from '../../persistence/index.ts';
import type { Environment } from '../config-schema.ts';
import type { EngineWatch } from '../metrics/scripts.ts';
import { type CallDesk, createCallDesk } from '../webhooks/call-desk.ts';
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
  /** Call sessions, provider events and their inbox. */
  desk: CallDesk;
  stop(): Promise<void>;
}

/** Opens the stores, starts the engine behind its gate, and the directory. */
export async function startCore(
  config: Environment,
  log: Logger,
  watch: EngineWatch,
): Promise<Core> {
  const stores = await openStores(config, log);
  try {
    const chainKey = createSecretKey(Buffer.from(config.RINGFENCE_LEDGER_KEY, 'utf8'));
    const ledger = createLedgerSource(stores.ledger);
    const engine = await createEngine({
      redisUrl: config.REDIS_URL,
      partitions: config.RINGFENCE_PARTITIONS,
      ledger,
      recovery: createRecoverySource(stores.ledger, chainKey, stores.openLock),
      hotRecordsMs: config.RINGFENCE_HOT_RECORDS_MS,
      guard: {
        backlogMaxAgeMs: config.RINGFENCE_BACKLOG_MAX_AGE_SECONDS * 1000,
        backlogMaxEntries: config.RINGFENCE_BACKLOG_MAX_ENTRIES,
      },
      onGate: (event) => logGate(log, event),
      onScript: watch.onScript,
      onNotAdmitted: watch.onNotAdmitted,
    });
    const directory = createDirectory(stores.directory, {
      partitions: config.RINGFENCE_PARTITIONS,
      keyMode: config.RINGFENCE_DEV ? 'test' : 'live',
    });
    await directory.start();
    const ledgerWait = createLedgerWait(stores.ledger);
    const desk = createCallDesk({
      engine,
      directory,
      ledger,
      partitions: config.RINGFENCE_PARTITIONS,
      log,
      secrets: {
        vapi: config.VAPI_WEBHOOK_SECRET === undefined ? [] : [config.VAPI_WEBHOOK_SECRET],
        retell: config.RETELL_API_KEY === undefined ? [] : [config.RETELL_API_KEY],
        twilio: config.TWILIO_AUTH_TOKEN === undefined ? [] : [config.TWILIO_AUTH_TOKEN],
      },
      publicUrl: config.RINGFENCE_PUBLIC_URL,
    });
    return {
      config,
      log,
      stores,
      chainKey,
      ledger,
      ledgerWait,
      engine,
      directory,
      desk,
      async stop() {
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

function logGate(log: Logger, event: GateEvent): void {
  if (event.kind === 'failed') log.error({ err: event.error }, 'recovery failed; trying again');
  else if (event.kind === 'partition') log.debug({ ...event }, 'partition recovered');
  else log.info({ ...event }, `gate ${event.kind}`);
}

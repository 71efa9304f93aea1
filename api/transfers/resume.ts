import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { OutageError } from '../../engine/index.ts';
import { type Directory, isPostgresOutage, type Transfer } from '../../persistence/index.ts';
import { type Advance, reopen } from './saga.ts';

/** A transfer nobody moved for this long was left behind by a process that died. */
const IDLE_MS = 10_000;
const EVERY_MS = 5_000;
const BATCH = 100;

/** Takes up transfers that were left in transit, until it is stopped. */
export interface TransferResume {
  stop(): Promise<void>;
}

export function startTransferResume(
  transfers: Directory['transfers'],
  advance: Advance,
  log: Logger,
): TransferResume {
  const stopping = new AbortController();
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await round().catch((error: unknown) => report(error, 'transfers could not be listed'));
      await pause(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function round(): Promise<void> {
    for (const transfer of await transfers.unfinished(IDLE_MS, BATCH)) await takeUp(transfer);
    for (const transfer of await transfers.refusedYetDebited(BATCH)) {
      log.error({ transfer_id: transfer.id }, 'a refused transfer was debited; it is given back');
      await takeUp(transfer, () => reopen({ directory: { transfers } }, transfer));
    }
  }

  async function takeUp(transfer: Transfer, prepare = async () => transfer): Promise<void> {
    if (stopping.signal.aborted) return;
    try {
      const { state } = await advance(await prepare());
      log.info({ transfer_id: transfer.id, state }, 'transfer taken up');
    } catch (error) {
      report(error, `transfer ${transfer.id} stays in transit`);
    }
  }

  /** An outage passes by itself; anything else somebody has to look at. */
  function report(error: unknown, what: string): void {
    const passing = error instanceof OutageError || isPostgresOutage(error);
    log[passing ? 'warn' : 'error']({ err: error }, what);
  }
}

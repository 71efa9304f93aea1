import type { Logger } from 'pino';
import type { GateEvent } from '../../engine/index.ts';

const TOLD_EVERY_MS = 1_000;
/** The others are in quarantine like these; more would only hide the line. */
const WALLETS_LOGGED = 100;

/** Tells the log what the recovery gate does; how far it is, once a second. */
export function createGateLog(log: Logger): (event: GateEvent) => void {
  let toldAtMs = 0;
  return (event) => {
    if (event.kind === 'failed') log.error({ err: event.error }, 'recovery failed; trying again');
    else if (event.kind !== 'partition') log.info({ ...event }, `gate ${event.kind}`);
    else {
      const { result, progress, shutMs } = event;
      log.debug({ ...event }, 'partition recovered');
      tellWallets(log, result);
      if (performance.now() - toldAtMs < TOLD_EVERY_MS) return;
      toldAtMs = performance.now();
      log.info({ shutMs }, `recovering: ${progress.done} of ${progress.of} partitions are open`);
    }
  };
}

function tellWallets(
  log: Logger,
  { partition, ahead, differing }: Extract<GateEvent, { kind: 'partition' }>['result'],
): void {
  const tell = (all: readonly string[], text: string) => {
    if (all.length === 0) return;
    log.error({ partition, count: all.length, wallets: all.slice(0, WALLETS_LOGGED) }, text);
  };
  tell(ahead, 'wallets are ahead of the ledger: frozen');
  tell(differing, 'wallets were not as the ledger has them at their sequence: put back');
}

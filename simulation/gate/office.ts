/** One process' engine over the stores, and what it says of its gate. */
import { createEngine, type Engine, type GateEvent } from '../../engine/index.ts';
import { connect, createLedgerSource, createRecoverySource } from '../../persistence/index.ts';
import { CHAIN_KEY } from './keys.ts';
import { PARTITIONS } from './options.ts';

export interface StoreUrls {
  readonly redis: string;
  readonly postgres: string;
}

export interface Office {
  readonly engine: Engine;
  /** What the gate has said since this was last asked, with the time of each, `performance.now()`. */
  heard(): (GateEvent & { readonly atMs: number })[];
  stop(): Promise<void>;
}

/** As many as a process of ours takes for the same. */
const CONNECTIONS = 10;

export async function openOffice(urls: StoreUrls): Promise<Office> {
  const sql = connect(urls.postgres, { max: CONNECTIONS, applicationName: 'gate' });
  const lock = () =>
    connect(urls.postgres, { max: 1, applicationName: 'gate-lock', arrays: false });
  let heard: (GateEvent & { readonly atMs: number })[] = [];
  const engine = await createEngine({
    redisUrl: urls.redis,
    partitions: PARTITIONS,
    ledger: createLedgerSource(sql),
    recovery: createRecoverySource(sql, CHAIN_KEY, lock),
    onGate: (event) => void heard.push({ ...event, atMs: performance.now() }),
  });
  await engine.opened();
  return {
    engine,
    heard() {
      const events = heard;
      heard = [];
      return events;
    },
    async stop() {
      await engine.stop();
      await sql.end({ timeout: 1 });
    },
  };
}

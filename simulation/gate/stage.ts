/** Stores of the command's own, and two processes' engines over them. */
import fs from 'node:fs';
import path from 'node:path';
import {
  connect,
  ensureLedgerPartitions,
  ensurePartitions,
  migrate,
  type Sql,
  startFlusher,
} from '../../persistence/index.ts';
import { temporaryDirectory } from '../acceptance/ringfence.ts';
import { type Servers, setAppendfsync, startServers } from '../chaos/servers.ts';
import { CHAIN_KEY } from './keys.ts';
import { type Office, openOffice, type StoreUrls } from './office.ts';
import { PARTITIONS } from './options.ts';
import { type Counter, openCounter } from './turns.ts';

export interface Doors {
  readonly redis: Counter;
  readonly postgres: Counter;
}

export interface Stage {
  readonly servers: Servers;
  readonly sql: Sql;
  readonly offices: readonly [Office, Office];
  /** Another process, behind doors that count its round trips, for as long as the work lasts. */
  counted<T>(work: (office: Office, doors: Doors) => Promise<T>): Promise<T>;
  /** Moves what is in the journals into the ledger, all of it. */
  flush(): Promise<void>;
  /** Redis is killed and comes back with what it had, or with nothing. */
  restart(): Promise<void>;
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

const FLUSH_MS = 300_000;
const CONNECTIONS = 4;

export async function openStage(): Promise<Stage> {
  const dir = temporaryDirectory('gate');
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    const servers = await startServers(dir);
    stops.push(() => servers.stop());
    const { redis, postgres } = servers;
    await migrate(postgres.url);
    const options = { max: CONNECTIONS, applicationName: 'gate-flusher', writer: true };
    const sql = connect(postgres.url, options);
    stops.push(() => sql.end({ timeout: 1 }));
    await ensurePartitions(sql, PARTITIONS);
    await ensureLedgerPartitions(sql, Date.now());
    const urls = { redis: redis.url, postgres: postgres.url };
    const one = await openOffice(urls);
    stops.push(() => one.stop());
    const other = await openOffice(urls);
    stops.push(() => other.stop());
    return {
      servers,
      sql,
      offices: [one, other],
      counted: (work) => behindDoors(urls, work),
      async flush() {
        const { journal } = one.engine;
        const flusher = startFlusher({ sql, journal, chainKey: CHAIN_KEY, owner: 'gate' });
        await flusher.stop(FLUSH_MS);
      },
      async restart() {
        // With all it had: this is about what comes back, not about what a crash may lose.
        await setAppendfsync(redis.url, 'always');
        await redis.kill9();
        await redis.restart();
      },
      async wipe() {
        await redis.kill9();
        for (const files of redis.dirs) {
          fs.rmSync(path.join(files, 'appendonlydir'), { recursive: true, force: true });
        }
        await redis.restart();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function behindDoors<T>(
  urls: StoreUrls,
  work: (office: Office, doors: Doors) => Promise<T>,
): Promise<T> {
  const doors = {
    redis: await openCounter(urls.redis),
    postgres: await openCounter(urls.postgres),
  };
  try {
    const office = await openOffice({ redis: doors.redis.url, postgres: doors.postgres.url });
    try {
      return await work(office, doors);
    } finally {
      await office.stop();
    }
  } finally {
    doors.redis.stop();
    doors.postgres.stop();
  }
}

/**
 * A recovery that is struck at its n-th request: Redis came back empty, without what the ledger has, or
 * with what the ledger has not. Who survives tries again by itself; where the process dies, another one
 * recovers. Either way the gate opens, and wallets, holds and ledger are what the book says.
 */
import { createConnection } from '../../../engine/index.ts';
import { createGate, type Gate } from '../../../engine/parts.ts';
import { connect, createLedgerSource, createRecoverySource } from '../../../persistence/index.ts';
import { type Mark, NOTHING, takeImage } from '../redis-image.ts';
import { PARTITIONS } from '../stage.ts';
import type { Stores } from '../stores.ts';
import { World } from '../world.ts';
import { callersGoOn, openingDeposits } from './callers.ts';
import { type Blow, type WireDoors, wireDoors } from './wire-doors.ts';

/** How Redis comes back: with nothing; as it was before the last commits; with entries not yet flushed. */
export const COMES_BACK = ['empty', 'older', 'unflushed'] as const;
export type ComesBack = (typeof COMES_BACK)[number];

export interface StruckGate {
  /** Loses Redis once and recovers, with or without a blow. */
  recover(comesBack: ComesBack, blow?: Blow): Promise<{ struck: boolean; faults: string[] }>;
  stop(): Promise<void>;
}

const SEED = 11;
const HOT_RECORDS_MS = 72 * 3_600_000;
const SOME = 6;

export async function struckGate(stores: Stores): Promise<StruckGate> {
  const world = new World(SEED, stores);
  const doors = await wireDoors(stores);
  const sql = connect(doors.databaseUrl, { max: 2, applicationName: 'struck recovery' });
  await world.begin();
  await openingDeposits(world);
  for (let i = 0; i < SOME; i++) await callersGoOn(world);
  await world.flush();

  async function recover(comesBack: ComesBack, blow?: Blow) {
    await lose(world, comesBack);
    doors.open();
    await sql`SELECT 1`;
    doors.open(blow);
    const gate = gateOf(stores, doors, sql);
    gate.lost('a test of recoveries');
    // A process that has died does not try again.
    if (!blow?.dies) await gate.opened();
    await gate.stop();
    const struck = doors.struck();
    for (const process of world.processes) process.connect();
    await world.settle();
    return { struck, faults: [...(await world.validate()), ...unflushed(world)] };
  }

  return {
    recover,
    async stop() {
      await world.end();
      doors.open();
      await sql.end({ timeout: 1 });
      await doors.stop();
    },
  };
}

async function lose(world: World, comesBack: ComesBack): Promise<void> {
  const { raw } = world.stores;
  const mark = comesBack === 'older' ? await markOf(world) : nothing(world);
  await callersGoOn(world);
  if (comesBack !== 'unflushed') {
    await world.flush();
    const lost = await world.rewind(mark);
    if (lost > 0) throw new Error(`${lost} mutations were lost that had been flushed`);
  }
  await raw.script('FLUSH', 'SYNC');
}

async function markOf({ stores, book }: World): Promise<Mark> {
  const counts = book.partitions.map(({ history }) => history.length);
  return { image: await takeImage(stores.raw), counts };
}

function nothing({ book }: World): Mark {
  return { image: NOTHING, counts: book.partitions.map(() => 0) };
}

function gateOf(stores: Stores, doors: WireDoors, sql: ReturnType<typeof connect>): Gate {
  const { redisUrl, databaseUrl } = doors;
  return createGate({
    connect: () => createConnection(redisUrl, 'recovery'),
    partitions: () => Array.from({ length: PARTITIONS }, (_, partition) => partition),
    partitionCount: PARTITIONS,
    hotRecordsMs: HOT_RECORDS_MS,
    ledger: createLedgerSource(sql),
    recovery: createRecoverySource(sql, stores.chainKey, () =>
      connect(databaseUrl, { max: 1, applicationName: 'struck recovery lock', arrays: false }),
    ),
    onEvent: () => undefined,
  });
}

/** What survived in the journal is in the ledger before anything goes on. */
function unflushed({ book }: World): string[] {
  return book.partitions.flatMap(({ partition, committed, history }) =>
    committed === history.length ? [] : [`I7 partition ${partition} was not drained`],
  );
}

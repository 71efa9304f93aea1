/** Memory of Redis that is data: what it uses, without its clients' and its file's buffers. */
import { infoFields, keys } from '../../engine/index.ts';
import type { Stage } from '../stage/stage.ts';

const BUFFERS = ['mem_clients_normal', 'mem_clients_slaves', 'mem_aof_buffer'];

export async function dataBytes({ redis }: Pick<Stage, 'redis'>): Promise<number> {
  const fields = infoFields(await redis.info('memory'));
  const bytes = (name: string) => Number(fields.get(name) ?? 0);
  return BUFFERS.reduce((rest, name) => rest - bytes(name), bytes('used_memory'));
}

export interface JournalMemory {
  readonly bytes: number;
  readonly entries: number;
}

export async function journalMemory({ redis, partitions }: Stage): Promise<JournalMemory> {
  let [bytes, entries] = [0, 0];
  for (let p = 0; p < partitions; p += 1) {
    const journal = keys.journal(p);
    bytes += Number((await redis.call('MEMORY', 'USAGE', journal, 'SAMPLES', 0)) ?? 0);
    entries += await redis.xlen(journal);
  }
  return { bytes, entries };
}

/** Average of one key, its name and its place in the table included. */
export async function keyBytes(stage: Stage, sample: readonly string[]): Promise<number> {
  const pipeline = stage.redis.pipeline();
  for (const key of sample) pipeline.call('MEMORY', 'USAGE', key);
  const replies = (await pipeline.exec()) ?? [];
  return replies.reduce((sum, [, bytes]) => sum + Number(bytes ?? 0), 0) / sample.length;
}

/** Mixed load from careful clients (worker.ts), as long as it is wanted. */
import type { Client } from '../client.ts';
import { emptyFigures, type LoadFigures } from './acknowledged.ts';
import { type Tenant, Worker } from './worker.ts';

export interface Load {
  readonly figures: LoadFigures;
  /** Lets every client finish what it has begun. */
  stop(): Promise<void>;
  /** `count` mutations at once, acknowledged by Redis alone. */
  burst(count: number): Promise<void>;
}

/** @param clients how many work at once, shared out over the tenants */
export function startLoad(client: Client, tenants: readonly Tenant[], clients: number): Load {
  const figures = emptyFigures();
  let stopping = false;
  const workers = tenants.map((tenant, n) => {
    const neighbour = tenants[(n + 1) % tenants.length] ?? tenant;
    return new Worker(client, tenant, neighbour, figures);
  });
  const working = Array.from({ length: clients }, async (_, index) => {
    const worker = workers[index % workers.length];
    while (worker && !stopping) await worker.anything();
  });
  return {
    figures,
    async stop() {
      stopping = true;
      await Promise.all(working);
    },
    async burst(count) {
      const bonuses = Array.from({ length: count }, (_, n) => workers[n % workers.length]?.bonus());
      await Promise.all(bonuses);
    },
  };
}

/**
 * Transfers between partitions, carried by the real saga. Any process may take one up where another died
 * or gave up; what is in transit is what the intent rows say (I13).
 */
import { createSaga, reopen, type SagaDoors } from '../../api/transfers/saga.ts';
import { ERRORS, type ErrorCode, OutageError } from '../../engine/index.ts';
import type { Command } from '../../engine/model/index.ts';
import {
  createDirectory,
  isPostgresOutage,
  type Sql,
  type Transfer,
} from '../../persistence/index.ts';
import type { PartitionBook } from './book.ts';
import { type ApiProcess, Died } from './process.ts';
import { PARTITIONS, type Tenant } from './stage.ts';
import type { World } from './world.ts';

const BATCH = 100;
const FINAL: readonly Transfer['state'][] = ['completed', 'reversed', 'refused'];

/** Where on its way to Postgres a carrier of a transfer is stopped: before its n-th statement. */
export type StatementsLeft = number | undefined;

export class TransferBook {
  readonly #world: World;
  #made = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async start(from: Tenant, to: Tenant, amountMicros: number, left: StatementsLeft): Promise<void> {
    const key = `POST /v1/transfers across-${this.#made++}`;
    await this.#carry(left, (directory) =>
      directory.transfers
        .create({
          organizationId: from.organizationId,
          fromWalletId: from.walletId,
          toWalletId: to.walletId,
          amountMicros,
          request: { scope: from.organizationId, key, fingerprint: `${amountMicros}` },
        })
        .then(({ transfer }) => transfer),
    );
  }

  /** What a process does with transfers that nobody moves, and with refusals that came too late. */
  async resume(left: StatementsLeft): Promise<void> {
    const { transfers } = this.#directory(undefined);
    if (this.#world.away) return;
    for (const transfer of await transfers.unfinished(0, BATCH)) {
      await this.#carry(left, async () => transfer);
    }
    for (const transfer of await transfers.refusedYetDebited(BATCH)) {
      await this.#carry(left, (directory) => reopen({ directory }, transfer));
    }
  }

  /** I13: of each transfer the wallets have lost as much as is in transit, and in the end nothing. */
  async faults(sql: Sql, atEnd: boolean): Promise<string[]> {
    const rows = await sql<{ id: string; state: Transfer['state']; amount: number }[]>`
      SELECT id, state, amount_micros AS amount FROM transfers`;
    const moved = sums(this.#world.book.partitions);
    return rows.flatMap(({ id, state, amount }) => {
      const sum = moved.get(id) ?? 0;
      const settled = state === 'completed' || state === 'reversed';
      if (atEnd && !FINAL.includes(state)) return [`I13 a transfer stays ${state}`];
      const right = settled || atEnd ? sum === 0 : sum === 0 || sum === -amount;
      return right ? [] : [`I13 a transfer of ${amount} is ${state}, and ${sum} is not in transit`];
    });
  }

  #directory(left: StatementsLeft) {
    let statements = left ?? Number.POSITIVE_INFINITY;
    const sql = this.#world.sqlOf(() => {
      if (--statements < 0) throw new Died('a carrier of a transfer');
    });
    return createDirectory(sql, { partitions: PARTITIONS, keyMode: 'test' });
  }

  async #carry(
    left: StatementsLeft,
    take: (directory: ReturnType<typeof createDirectory>) => Promise<Transfer>,
  ): Promise<void> {
    const world = this.#world;
    const directory = this.#directory(left);
    const saga = createSaga(this.#doors(world.oneOf(world.processes), directory));
    try {
      const { state } = await saga(await take(directory));
      world.note(`transfer ${state}`);
    } catch (error) {
      const stopped =
        error instanceof Died || error instanceof OutageError || isPostgresOutage(error);
      if (!stopped || !(error instanceof Error)) throw error;
      world.note(`transfer stopped: ${error.message}`);
    }
  }

  #doors(process: ApiProcess, directory: ReturnType<typeof createDirectory>): SagaDoors {
    return {
      engine: {
        charge: (input) => this.#call(process, { verb: 'charge', ...input }),
        credit: (input) => this.#call(process, { verb: 'credit', ...input }),
      },
      directory,
      waitForLedger: ({ mutationId }) => this.#world.waitForLedger(mutationId),
    };
  }

  /** As the engine's door has it: an outage and a death are thrown. */
  async #call(by: ApiProcess, command: Command): Promise<never> {
    const { process, ...reply } = await this.#world.act(command, by);
    if (reply.status === 'died') throw new Died(process.name);
    const code = reply.status as ErrorCode;
    if (ERRORS[code]?.family === 'outage') throw new OutageError(code);
    return reply as never;
  }
}

/** What the rows of each transfer add up to, over all wallets. */
function sums(books: readonly PartitionBook[]): Map<string, number> {
  const moved = new Map<string, number>();
  for (const { history } of books) {
    for (const { entry } of history) {
      const { transfer_id: id } = JSON.parse(entry.memo) as { transfer_id?: string };
      if (id === undefined) continue;
      const sum = entry.rows.reduce((total, row) => total + row.amountMicros, 0);
      moved.set(id, (moved.get(id) ?? 0) + sum);
    }
  }
  return moved;
}

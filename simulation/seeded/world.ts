/**
 * A seeded world: the real engine on a real Redis, the real flusher, gate, ledger source and transfer saga
 * on a real Postgres, driven one step at a time by a virtual clock, so that a seed repeats a run.
 *
 *   event drawn from the seed -> its commands, faults and clock -> every validator -> the next event
 *
 * Nothing runs beside the step under way. What only the wall clock would bring about (a lease that runs
 * out, Redis' fsync, a record's time to live) is an event too.
 */

import {
  type LedgerSource,
  OutageError,
  type RecoverySource,
  RequestError,
  type RequestKey,
} from '../../engine/index.ts';
import type { Command } from '../../engine/model/index.ts';
import { connect, createLedgerSource, createRecoverySource } from '../../persistence/index.ts';
import { Dice } from '../providers/exchange/dice.ts';
import type { Book } from './book.ts';
import { setClock, T0 } from './clock.ts';
import { flusherPass, type Strike } from './flusher-pass.ts';
import { Judges } from './judges.ts';
import type { Oracle } from './oracle.ts';
import { guardedSql, refusedConnection } from './postgres-door.ts';
import { ApiProcess, Died, type Reply } from './process.ts';
import { type Mark, NOTHING, putBack } from './redis-image.ts';
import { castOf, enter, PARTITIONS, type Stage } from './stage.ts';
import { PROCESSES, type Stores } from './stores.ts';
import { TransferBook } from './transfer-book.ts';

/** What a command came to: an answer, an error's code, or nothing because the process died. */
export type Outcome = Reply & { readonly process: ApiProcess };

const RETRIES_MAX = 4;
/** Share of the waits for the ledger that end without it. */
const LOST_WAITS = 0.15;

export class World {
  readonly seed: number;
  readonly dice: Dice;
  readonly stage: Stage;
  readonly stores: Stores;
  readonly judges: Judges;
  readonly book: Book;
  readonly transfers: TransferBook;
  readonly oracle: Oracle;
  /** A statement of the flusher that a broken build takes out of its transaction. */
  readonly divert: ((statement: string) => boolean) | undefined;
  /** What happened, one line each: equal for equal seeds. */
  readonly trace: string[] = [];
  /** Commands that callers sent, oldest first. */
  readonly past: Command[] = [];
  /** Mutations that Redis has lost before they were in the ledger. */
  lost = 0;
  nowMs = T0;
  /** Postgres cannot be reached. */
  away = false;
  /** A recovery waits for Postgres. */
  recovering = false;
  mark: Mark = { image: NOTHING, counts: Array.from({ length: PARTITIONS }, () => 0) };
  processes: ApiProcess[] = [];
  readonly #ledger: LedgerSource;
  readonly #recovery: RecoverySource;
  readonly #counts = new Map<string, number>();
  #born = 0;
  #passes = 0;

  constructor(seed: number, stores: Stores, divert?: (statement: string) => boolean) {
    this.seed = seed;
    this.stores = stores;
    this.divert = divert;
    this.dice = new Dice(seed, 'world');
    this.stage = castOf(seed);
    this.judges = new Judges(stores, this.stage);
    this.book = this.judges.book;
    this.oracle = this.judges.oracle;
    this.transfers = new TransferBook(this);
    const sql = this.sqlOf(() => undefined);
    this.#ledger = createLedgerSource(sql);
    this.#recovery = createRecoverySource(sql, stores.chainKey, () => {
      if (this.away) throw refusedConnection();
      return connect(stores.databaseUrl, { max: 1, applicationName: 'world lock' });
    });
  }

  /** Empties the stores of an earlier world and starts the processes of this one. */
  async begin(): Promise<void> {
    const { raw, sql } = this.stores;
    await putBack(raw, NOTHING);
    await raw.script('FLUSH', 'SYNC');
    await setClock(raw, this.nowMs);
    await enter(sql, this.stage);
    this.processes = Array.from({ length: PROCESSES }, (_, seat) => this.#birth(seat));
    await this.settle();
  }

  /** Ends what would go on by itself. */
  async end(): Promise<void> {
    this.away = false;
    await Promise.all(this.processes.map((process) => process.gate.stop()));
  }

  /** Postgres as a process reaches it: not at all while it is away. */
  sqlOf(checkpoint: (statement: string) => void) {
    return guardedSql(this.stores.sql, (statement) => {
      if (this.away) throw refusedConnection();
      checkpoint(statement);
    });
  }

  note(line: string): void {
    this.trace.push(line);
  }

  oneOf<T>(list: readonly T[]): T {
    const item = list[this.dice.between([0, list.length - 1])];
    if (item === undefined) throw new RangeError('one of nothing');
    return item;
  }

  /** 0, 1, 2...: for names that differ. */
  count(name = ''): number {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count;
  }

  /** An Idempotency-Key; organizations use the same ones, and must not meet (I10). */
  newKey(path: string, organizationId: string): RequestKey {
    const key = `POST /v1/${path} ${this.count(`${path} ${organizationId}`)}`;
    return { kind: 'request', scope: organizationId, key, fingerprint: 'f' };
  }

  /** Half of the ends of holds come under a key of their own. */
  maybeKeyed(path: string, organizationId: string): { request?: RequestKey } {
    return this.dice.chance(0.5) ? { request: this.newKey(path, organizationId) } : {};
  }

  async moveClock(byMs: number): Promise<void> {
    this.nowMs += byMs;
    await setClock(this.stores.raw, this.nowMs);
    this.oracle.setClock(this.nowMs);
  }

  /** A caller's command, which may be repeated later; at times its process dies over it. */
  async send(command: Command, by = this.oneOf(this.processes)): Promise<Outcome> {
    this.past.push(command);
    return this.act(command, by);
  }

  /** A caller was told that it is in the ledger: then it is there, for ever. */
  async acknowledge(outcome: Outcome): Promise<void> {
    const { mutationId } = outcome.entry as { mutationId: string };
    try {
      await this.waitForLedger(mutationId);
      this.judges.acknowledged.add(mutationId);
    } catch (error) {
      if (!(error instanceof OutageError)) throw error;
    }
  }

  /** One command by one process. What it finds in the way (a recovery) passes, and it tries again. */
  async act(command: Command, process = this.oneOf(this.processes)): Promise<Outcome> {
    for (let i = 0; ; i++) {
      const reply = await this.#try(command, process);
      this.note(`${process.name} ${command.verb} ${reply.status}`);
      if (reply.status === 'died') await this.#replace(process);
      const again = reply.status === 'recovering' && !this.away && i < RETRIES_MAX;
      if (!again) return { ...reply, process };
      await this.settle();
    }
  }

  async #try(command: Command, process: ApiProcess): Promise<Reply> {
    const retire = () => this.oracle.retire();
    let reply: Reply;
    try {
      reply = await process.perform(command);
    } catch (error) {
      await this.judges.observe();
      if (error instanceof Died) {
        retire();
        return { status: 'died' };
      }
      if (error instanceof OutageError) retire();
      else if (!(error instanceof RequestError)) throw error;
      return { status: error.code };
    }
    await this.judges.hear(command, reply, this.nowMs);
    return reply;
  }

  /** `wait_for: "ledger"`: a flusher comes by or it does not. @throws OutageError */
  async waitForLedger(mutationId: string): Promise<void> {
    if (!this.dice.chance(LOST_WAITS)) await this.flush();
    const rows = this.away
      ? []
      : await this.stores.sql`
          SELECT 1 FROM ledger_entries WHERE mutation_id = ${mutationId} LIMIT 1`;
    if (rows.length === 0) throw new OutageError('ledger_wait_timeout');
  }

  /** Lets every recovery end, unless Postgres is away, and each process present its calls again. */
  async settle(): Promise<void> {
    this.recovering = this.away;
    if (this.away) return;
    this.judges.ledgerMoved();
    for (const process of this.processes) await process.gate.opened();
    for (const process of [...this.processes]) await this.#present(process);
    await this.judges.observe();
  }

  /** It may die over it: then its calls are presented by nobody, and are lost with it. */
  async #present(process: ApiProcess): Promise<void> {
    try {
      if ((await process.represent()) > 0) this.oracle.retire();
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      this.oracle.retire();
      await this.#replace(process);
    }
  }

  /** One pass of a flusher. */
  async flush(strike?: Strike, meanwhile?: () => Promise<void>): Promise<void> {
    const { sql, journal, chainKey } = this.stores;
    const owner = `flusher ${this.#passes++}`;
    const struck = await flusherPass({
      sql,
      journal,
      chainKey,
      owner,
      batchEntries: this.oneOf([3, 20, 2_000]),
      away: () => this.away,
      strike,
      divert: this.divert,
      ...(meanwhile && { meanwhile }),
    });
    this.note(`${owner} ${struck}`);
    this.judges.ledgerMoved();
    await this.checkLedger();
  }

  /** Redis is what it was at the mark: the book forgets what is neither there nor in the ledger. */
  async rewind(mark: Mark): Promise<number> {
    this.oracle.retire();
    await this.judges.observe();
    this.judges.ledgerMoved();
    await this.checkLedger();
    await putBack(this.stores.raw, mark.image);
    await setClock(this.stores.raw, this.nowMs);
    const lost = this.book.partitions.map((one) =>
      one.keep(Math.max(one.committed, mark.counts[one.partition] ?? 0)),
    );
    const sum = lost.reduce((total, count) => total + count, 0);
    this.lost += sum;
    return sum;
  }

  /** Compares the ledger if anything has been at it. */
  async checkLedger(): Promise<void> {
    if (!(await this.judges.checkLedger())) return;
    this.judges.faults.push(...(await this.transfers.faults(this.stores.sql, false)));
  }

  /** Every validator that fits the moment. @returns and forgets the faults found */
  async validate(): Promise<string[]> {
    await this.judges.observe();
    await this.checkLedger();
    if (!this.recovering) await this.judges.checkRedis();
    return this.judges.faults.splice(0);
  }

  async #replace(process: ApiProcess): Promise<void> {
    const seat = this.processes.indexOf(process);
    // Already replaced: it died over two commands of one event.
    if (seat < 0) return;
    await process.gate.stop();
    this.processes[seat] = this.#birth(seat);
    await this.settle();
  }

  #birth(seat: number): ApiProcess {
    const redis = this.stores.connections[seat];
    if (redis === undefined) throw new RangeError(`there is no seat ${seat}`);
    const { redisUrl } = this.stores;
    const doors = { redis, redisUrl, ledger: this.#ledger, recovery: this.#recovery };
    const process = new ApiProcess(`process ${this.#born++}`, doors);
    process.connect();
    return process;
  }
}

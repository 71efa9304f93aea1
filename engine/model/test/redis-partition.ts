// The real thing beside the model: one partition of a real Redis, reached by several processes at once.

import type { Redis } from 'ioredis';
import { type TestRedis, testRedis } from '../../../testing/services.ts';
import { createMaster } from '../../gate/master.ts';
import {
  type HoldState,
  type JournalEntry,
  type PartitionState,
  packPartitionState,
  unpackHoldState,
  unpackJournalEntry,
  unpackPartitionState,
  unpackWalletState,
  type WalletState,
} from '../../generated/layouts.ts';
import { createJournal, type Journal } from '../../journal.ts';
import { keys } from '../../keys.ts';
import { createRunner } from '../../runner.ts';
import { MemoryLedger } from '../../test/memory-ledger.ts';
import { soleNode } from '../../test/sole-node.ts';
import { PARTITION } from '../../test/world.ts';
import type { Command } from '../command.ts';
import type { ModelState } from '../state.ts';
import { type Outcome, Process } from './process.ts';

const PAGE = 10_000;

/** What Redis holds, in the model's words. */
export interface Snapshot {
  readonly wallets: ReadonlyMap<string, WalletState>;
  readonly holds: ReadonlyMap<string, HoldState>;
  readonly due: ReadonlyMap<string, number>;
  readonly finals: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly journal: readonly JournalEntry[];
}

export class RedisPartition {
  /** A connection beside the engines', to look and to meddle. */
  readonly raw: Redis;
  readonly #server: TestRedis;
  readonly #connections: readonly Redis[];
  readonly #stream: Journal;
  #processes: readonly Process[] = [];
  #ledger = new MemoryLedger();
  #journal: JournalEntry[] = [];
  #lastId = '0-0';
  /** Real mutation ids to the model's. */
  #names = new Map<string, string>();

  private constructor(server: TestRedis, raw: Redis, connections: readonly Redis[]) {
    this.#server = server;
    this.raw = raw;
    this.#connections = connections;
    const node = soleNode(raw);
    this.#stream = createJournal(node, createRunner(node));
  }

  /** @param processes how many engines act at once, each on a connection of its own */
  static async open(processes = 1): Promise<RedisPartition> {
    const server = await testRedis();
    const connections = await Promise.all(
      Array.from({ length: processes + 1 }, () => server.connect(PARTITION)),
    );
    const [raw, ...others] = connections;
    if (!raw) throw new Error('no connection');
    await createMaster(raw).loadScripts();
    return new RedisPartition(server, raw, others);
  }

  async close(): Promise<void> {
    for (const connection of [this.raw, ...this.#connections]) connection.disconnect();
    await this.#server.stop();
  }

  /** Empties Redis and begins again from a model world that nothing has happened in yet. */
  async reset(world: ModelState): Promise<void> {
    await this.raw.flushall();
    await this.fence(world.partition);
    this.#ledger = new MemoryLedger();
    for (const [id, wallet] of world.ledger.wallets) this.#ledger.addWallet(PARTITION, id, wallet);
    this.#journal = [];
    this.#lastId = '0-0';
    this.#names = new Map();
    this.#processes = this.#connections.map((one) => new Process(one, this.#ledger));
  }

  async fence(partition: PartitionState): Promise<void> {
    await this.raw.set(keys.partition(PARTITION), packPartitionState(partition));
  }

  /** Sets the wall clock, and only it: a script's own time never goes back. */
  async setClock(testNowMs: number): Promise<void> {
    const packed = await this.raw.getBuffer(keys.partition(PARTITION));
    await this.fence({ ...unpackPartitionState(packed ?? undefined), testNowMs });
  }

  /** Runs a command in one of the processes. */
  async run(command: Command, by = 0, blind = false): Promise<Outcome> {
    const process = this.#processes[by % this.#processes.length];
    if (!process) throw new Error('reset() comes first');
    return process.run(this.#translated(command), blind);
  }

  /** Entry ids in a command are the model's; Redis and the ledger know the real ones. */
  #translated(command: Command): Command {
    if (command.verb !== 'credit' || command.refunds === undefined) return command;
    const name = command.refunds.slice('ent_'.length, -1);
    const [real = name] = [...this.#names].find(([, given]) => given === name) ?? [];
    const refunds = `ent_${real}${command.refunds.slice(-1)}`;
    return { ...command, refunds, memo: { ...command.memo, refunds } };
  }

  /** Reads what was journalled since, names it as the model would, and answers the whole. */
  async journal(): Promise<readonly JournalEntry[]> {
    for (const item of await this.#stream.range(PARTITION, `(${this.#lastId}`, '+', PAGE)) {
      const entry = unpackJournalEntry(item.payload);
      this.#names.set(entry.mutationId, `m${this.#journal.length}`);
      this.#journal.push(this.named(entry));
      this.#lastId = item.id;
    }
    return this.#journal;
  }

  /** The same value with the model's mutation ids. Call `journal()` first. */
  named<T>(value: T): T {
    let text = JSON.stringify(value);
    for (const [real, name] of this.#names) text = text.replaceAll(real, name);
    return JSON.parse(text) as T;
  }

  /** Commits what was journalled, as the flusher does. */
  async flush(): Promise<void> {
    await this.journal();
    const after = this.#ledger.cursor(PARTITION);
    const items = await this.#stream.range(PARTITION, `(${after}`, '+', PAGE);
    for (const item of items) this.#ledger.commit(PARTITION, item.id, item.payload);
  }

  /** Makes Redis forget the holds and answers that `before` had and `after` has no longer. */
  async forget(before: ModelState, after: ModelState): Promise<void> {
    const holds = [...before.holds.keys()].filter((id) => !after.holds.has(id));
    const answers = [...before.answers.keys()].filter((name) => !after.answers.has(name));
    const gone = [
      ...holds.map((id) => keys.hold(PARTITION, id)),
      ...answers.map((name) => {
        const [scope = '', kind = '', key = ''] = name.split('\n');
        return keys.request(PARTITION, scope, kind, key);
      }),
    ];
    if (gone.length > 0) await this.raw.del(gone);
    await this.fence(after.partition);
  }

  /** What Redis holds of the wallets and holds that `world` knows of. */
  async snapshot(world: ModelState): Promise<Snapshot> {
    const walletIds = [...world.ledger.wallets.keys()];
    const [wallets, holds, due, finals, journal] = await Promise.all([
      this.#values(walletIds, keys.wallet, unpackWalletState),
      this.#values([...world.holds.keys()], keys.hold, unpackHoldState),
      this.#scores(keys.due(PARTITION)),
      Promise.all(walletIds.map((id) => this.#scores(keys.final(PARTITION, id)))),
      this.journal(),
    ]);
    const finalsOf = new Map(walletIds.map((id, i) => [id, finals[i] ?? new Map()]));
    return { wallets, holds, due, finals: finalsOf, journal };
  }

  async #values<T>(
    ids: readonly string[],
    keyOf: (partition: number, id: string) => string,
    unpack: (packed: Buffer) => T,
  ): Promise<Map<string, T>> {
    if (ids.length === 0) return new Map();
    const packed = await this.raw.mgetBuffer(ids.map((id) => keyOf(PARTITION, id)));
    const found = new Map<string, T>();
    for (const [i, id] of ids.entries()) {
      const value = packed[i];
      if (value) found.set(id, unpack(value));
    }
    return found;
  }

  async #scores(key: string): Promise<Map<string, number>> {
    const pairs = await this.raw.call('ZRANGE', key, 0, -1, 'WITHSCORES');
    const scores = new Map<string, number>();
    for (const [member, score] of pairs as [string, string][]) scores.set(member, Number(score));
    return scores;
  }
}

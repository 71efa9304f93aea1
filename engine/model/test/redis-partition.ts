// The real thing beside the model: one partition of a real Redis, reached over several connections, with
// every script's status noted on the way.

import { createConnection } from '../../connection.ts';
import type { EngineContext } from '../../context.ts';
import { createEnforcement } from '../../enforcement.ts';
import { OutageError, RequestError } from '../../errors.ts';
import { loadScript } from '../../generated/index.ts';
import type { HoldState, JournalEntry, WalletState } from '../../generated/layouts.ts';
import {
  type PartitionState,
  packPartitionState,
  packWalletState,
  unpackHoldState,
  unpackJournalEntry,
  unpackPartitionState,
  unpackWalletState,
} from '../../generated/layouts.ts';
import { createHoldLegs } from '../../hold-legs.ts';
import { keys } from '../../keys.ts';
import { createLoader } from '../../loader.ts';
import { createRecent } from '../../represent.ts';
import { createRunner, type Runner } from '../../runner.ts';
import { MemoryLedger } from '../../test/memory-ledger.ts';
import { PARTITION, World } from '../../test/world.ts';
import { unloadWallet } from '../../unload.ts';
import { createVerbs } from '../../verbs.ts';
import type { Command } from '../command.ts';
import type { ModelState } from '../state.ts';

const HOT_RECORDS_MS = 72 * 3_600_000;

/** An answer as a plain value: of the engine, or the code of the error it threw. */
export type Plain = { readonly status: string } & Readonly<Record<string, unknown>>;

export interface Outcome {
  readonly answer: Plain;
  /** `<script> <status>` of every script that ran, in order; a replay says so as well. */
  readonly trace: readonly string[];
}

/** What Redis holds, in the model's words. */
export interface Snapshot {
  readonly wallets: ReadonlyMap<string, WalletState>;
  readonly holds: ReadonlyMap<string, HoldState>;
  readonly due: ReadonlyMap<string, number>;
  readonly finals: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly journal: readonly JournalEntry[];
}

interface Process {
  readonly runner: Runner;
  readonly trace: string[];
  readonly context: EngineContext;
  readonly verbs: ReturnType<typeof createVerbs>;
}

export class RedisPartition {
  ledger = new MemoryLedger();
  readonly #world: World;
  readonly #connections: ReturnType<typeof createConnection>[];
  #processes: Process[] = [];
  #journal: JournalEntry[] = [];
  #lastId = '0-0';
  /** Real mutation ids to the model's. */
  #names = new Map<string, string>();

  private constructor(world: World, connections: ReturnType<typeof createConnection>[]) {
    this.#world = world;
    this.#connections = connections;
  }

  /** @param processes how many engines act at once, each on a connection of its own */
  static async open(processes = 1): Promise<RedisPartition> {
    const world = await World.open();
    const connections = Array.from({ length: processes }, () => createConnection(world.redis.url));
    await Promise.all(connections.map((connection) => connection.connect()));
    return new RedisPartition(world, connections);
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.disconnect();
    await this.#world.close();
  }

  get raw() {
    return this.#world.raw;
  }

  /** Empties Redis and begins again from a model world that nothing has happened in yet. */
  async reset(world: ModelState): Promise<void> {
    await this.raw.flushall();
    await this.fence(world.partition);
    this.ledger = new MemoryLedger();
    for (const [id, wallet] of world.ledger.wallets) {
      this.ledger.addWallet(PARTITION, id, wallet);
    }
    this.#journal = [];
    this.#lastId = '0-0';
    this.#names = new Map();
    this.#processes = this.#connections.map((connection) => this.#process(connection));
  }

  #process(connection: ReturnType<typeof createConnection>): Process {
    const trace: string[] = [];
    const inner = createRunner(connection, () => undefined);
    const runner: Runner = {
      async run(script, names, args) {
        const reply = await inner.run(script, names, args).catch((error: unknown) => {
          if (error instanceof OutageError) trace.push(`${script.name} ${error.code}`);
          throw error;
        });
        trace.push(`${script.name} ${reply.status}`);
        if ('replayed' in reply && reply.replayed === true) trace.push(`${script.name} replayed`);
        return reply;
      },
    };
    const legs = createHoldLegs();
    const loader = createLoader(runner, this.ledger, legs, HOT_RECORDS_MS);
    const context = { runner, loader, ledger: this.ledger, legs, admit: () => undefined };
    return { runner, trace, context, verbs: createVerbs(context, createRecent()) };
  }

  async fence(partition: PartitionState): Promise<void> {
    await this.raw.set(keys.partition(PARTITION), packPartitionState(partition));
  }

  /** Sets the wall clock, and only it: a script's own time never goes back. */
  async setClock(testNowMs: number): Promise<void> {
    const packed = await this.raw.getBuffer(keys.partition(PARTITION));
    await this.fence({ ...unpackPartitionState(packed ?? undefined), testNowMs });
  }

  /** Runs a command in one of the processes. `blind`: as if another had been faster than its look. */
  async run(command: Command, by = 0, blind = false): Promise<Outcome> {
    const process = this.#processes[by % this.#processes.length];
    if (!process) throw new Error('reset() comes first');
    process.trace.length = 0;
    const seeing = blind ? blinded(process) : process;
    const answer = await dispatch(seeing, this.#translated(command)).catch(codeOf);
    return { answer, trace: [...process.trace] };
  }

  /** Entry ids in a command are the model's; Redis and the ledger know the real ones. */
  #translated(command: Command): Command {
    if (command.verb !== 'credit' || command.refunds === undefined) return command;
    const real = [...this.#names].find(([, name]) =>
      new RegExp(`^ent_${name}\\d$`).test(command.refunds ?? ''),
    );
    const refunds = real ? `ent_${real[0]}${command.refunds.at(-1)}` : command.refunds;
    return { ...command, refunds, memo: { ...command.memo, refunds } };
  }

  /** Reads what was journalled since, names it as the model would, and answers the whole. */
  async journal(): Promise<readonly JournalEntry[]> {
    const items = await this.#world.engine.journal.range(
      PARTITION,
      `(${this.#lastId}`,
      '+',
      10_000,
    );
    for (const item of items) {
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
    const after = this.ledger.cursor(PARTITION);
    const items = await this.#world.engine.journal.range(PARTITION, `(${after}`, '+', 10_000);
    for (const item of items) this.ledger.commit(PARTITION, item.id, item.payload);
  }

  async snapshot(world: ModelState): Promise<Snapshot> {
    const walletIds = [...world.ledger.wallets.keys()];
    const holdIds = [...world.holds.keys()];
    const [wallets, holds, due, finals, journal] = await Promise.all([
      this.raw.mgetBuffer(walletIds.map((id) => keys.wallet(PARTITION, id))),
      holdIds.length > 0
        ? this.raw.mgetBuffer(holdIds.map((id) => keys.hold(PARTITION, id)))
        : Promise.resolve([]),
      this.#scores(keys.due(PARTITION)),
      Promise.all(walletIds.map((id) => this.#scores(keys.final(PARTITION, id)))),
      this.journal(),
    ]);
    return {
      wallets: present(walletIds, wallets, unpackWalletState),
      holds: present(holdIds, holds, unpackHoldState),
      due,
      finals: new Map(walletIds.map((id, i) => [id, finals[i] ?? new Map()])),
      journal,
    };
  }

  async #scores(key: string): Promise<Map<string, number>> {
    const flat = (await this.raw.call('ZRANGE', key, 0, -1, 'WITHSCORES')) as string[];
    const scores = new Map<string, number>();
    for (let i = 0; i < flat.length; i += 2) scores.set(flat[i] ?? '', Number(flat[i + 1]));
    return scores;
  }
}

function present<T>(
  ids: readonly string[],
  packed: readonly (Buffer | null)[],
  unpack: (packed: Buffer) => T,
): Map<string, T> {
  return new Map(
    ids.flatMap((id, i) => {
      const value = packed[i];
      return value ? [[id, unpack(value)] as const] : [];
    }),
  );
}

function blinded(process: Process): Process {
  const { context } = process;
  const loader = { ...context.loader, hold: async () => undefined };
  return { ...process, verbs: createVerbs({ ...context, loader }, createRecent()) };
}

function codeOf(error: unknown): Plain {
  if (error instanceof OutageError || error instanceof RequestError) return { status: error.code };
  throw error;
}

async function dispatch({ runner, verbs }: Process, command: Command): Promise<Plain> {
  switch (command.verb) {
    case 'due': {
      const reply = await createEnforcement(runner).due(
        command.partition,
        command.limit,
        command.leaseMs,
      );
      return { status: 'members', ...reply };
    }
    case 'finals': {
      const { partition, walletId, limit } = command;
      const members = await createEnforcement(runner).finals(partition, walletId, limit);
      return { status: 'members', members };
    }
    case 'load': {
      const { partition, walletId, wallet, loadEpoch } = command;
      return runner.run(
        loadScript,
        { partition: keys.partition(partition), target: keys.wallet(partition, walletId) },
        { packed: packWalletState(wallet), loadEpoch },
      );
    }
    case 'unload':
      return unloadWallet(runner, command.partition, command.walletId, command.ledgerSequence);
    default:
      return mutate(verbs, command);
  }
}

type MutationCommand = Exclude<Command, { readonly verb: 'due' | 'finals' | 'load' | 'unload' }>;

async function mutate(verbs: Process['verbs'], command: MutationCommand): Promise<Plain> {
  const { verb, ...input } = command;
  const method = verbs[verb] as (input: unknown) => Promise<Plain>;
  return method(input);
}

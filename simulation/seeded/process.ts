/**
 * One API process of a seeded world: the engine's own parts on a connection of its own, used one command
 * at a time. It may be told to die at its n-th script, right before it or before its answer.
 */
import type { Redis } from 'ioredis';
import {
  createConnection,
  keys,
  type LedgerSource,
  OutageError,
  packWalletState,
  type RecoverySource,
} from '../../engine/index.ts';
import { type Command, HOT_RECORDS_MS, type Mutation } from '../../engine/model/index.ts';
import {
  authorize,
  createEnforcement,
  createGate,
  createHoldLegs,
  createLoader,
  createRecent,
  createRunner,
  createVerbs,
  type EngineContext,
  type Gate,
  oneNode,
  type Runner,
  scripts,
  unloadWallet,
} from '../../engine/parts.ts';
import { PARTITIONS } from './stage.ts';

/** A process was killed: nobody hears what it was told last. */
export class Died extends Error {}

export interface Fate {
  /** Scripts until then. */
  scripts: number;
  /** The script still runs; its answer is lost. */
  readonly after: boolean;
}

export interface Seat {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly ledger: LedgerSource;
  readonly recovery: RecoverySource;
}

/** An answer of the engine as a plain value. */
export type Reply = { readonly status: string } & Readonly<Record<string, unknown>>;

export class ApiProcess {
  readonly name: string;
  readonly gate: Gate;
  readonly verbs: ReturnType<typeof createVerbs>;
  fate: Fate | undefined;
  /** Told after each script, before anybody hears its answer; what it throws, the command fails with. */
  ran: (() => Promise<void>) | undefined;
  readonly #runner: Runner;
  readonly #context: EngineContext;
  readonly #recent = createRecent();
  /** Set by a recovery, until the calls of the last minute were presented again. */
  #reopened = false;

  constructor(name: string, { redis, redisUrl, ledger, recovery }: Seat) {
    this.name = name;
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const onEvent = ({ kind }: { kind: string }) => {
      if (kind === 'opened') this.#reopened = true;
    };
    const hotRecordsMs = HOT_RECORDS_MS;
    this.gate = createGate({
      connect: () => createConnection(redisUrl, 'recovery'),
      partitions: () => all,
      partitionCount: PARTITIONS,
      hotRecordsMs,
      ledger,
      recovery,
      onEvent,
    });
    const node = oneNode({ url: redisUrl, redis, gate: this.gate }, () => undefined);
    this.#runner = this.#mortal(createRunner(node));
    const legs = createHoldLegs();
    const loader = createLoader(this.#runner, ledger, legs, hotRecordsMs);
    this.#context = {
      runner: this.#runner,
      loader,
      ledger,
      legs,
      recall: async (holdId) => {
        const input = this.#recent.get(holdId);
        return input !== undefined && (await authorize(this.#context, input)).status === 'done';
      },
      admit: () => undefined,
    };
    this.verbs = createVerbs(this.#context, this.#recent);
  }

  /** Looks at the master of a new connection first, as every process does. */
  connect(): void {
    this.gate.disconnected();
    this.gate.lost('a new connection');
  }

  /** After a recovery: the calls this process authorized lately, presented one after the other. */
  async represent(): Promise<number> {
    if (!this.#reopened) return 0;
    this.#reopened = false;
    const inputs = this.#recent.list();
    for (const { holdId } of inputs) {
      await this.#context.recall(holdId).catch((error: unknown) => {
        // As in every process: a call that cannot be presented now is presented when it is asked for.
        if (!(error instanceof OutageError)) throw error;
      });
    }
    return inputs.length;
  }

  /** @throws what the engine throws, or Died */
  async perform(command: Command): Promise<Reply> {
    switch (command.verb) {
      case 'due': {
        const { partition, limit, leaseMs } = command;
        const reply = await createEnforcement(this.#runner).due(partition, limit, leaseMs);
        return { status: 'members', ...reply };
      }
      case 'finals': {
        const { partition, walletId, limit } = command;
        const enforcement = createEnforcement(this.#runner);
        return { status: 'members', members: await enforcement.finals(partition, walletId, limit) };
      }
      case 'load': {
        const { partition, walletId, wallet, loadEpoch } = command;
        const target = keys.wallet(partition, walletId);
        const names = { partition: keys.partition(partition), target };
        const packed = packWalletState(wallet);
        return this.#runner.run(partition, scripts.loadScript, names, { packed, loadEpoch });
      }
      case 'unload':
        return unloadWallet(
          this.#runner,
          command.partition,
          command.walletId,
          command.ledgerSequence,
        );
      default:
        return this.#mutate(command);
    }
  }

  async #mutate({ verb, ...input }: Mutation): Promise<Reply> {
    const method = this.verbs[verb] as (input: unknown) => Promise<Reply>;
    return method(input);
  }

  #mortal(inner: Runner): Runner {
    return {
      run: async (partition, script, names, args) => {
        const { fate } = this;
        const last = fate !== undefined && --fate.scripts < 0;
        if (last && !fate.after) throw new Died(`${this.name} died before ${script.name}`);
        const reply = await inner.run(partition, script, names, args);
        await this.ran?.();
        if (last) throw new Died(`${this.name} died after ${script.name}`);
        return reply;
      },
    };
  }
}

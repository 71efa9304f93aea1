// One process with an engine: its own connection, memory and loads, and a note of every script's status.

import type { Redis } from 'ioredis';
import type { EngineContext } from '../../context.ts';
import { createEnforcement } from '../../enforcement.ts';
import { OutageError, RequestError } from '../../errors.ts';
import { loadScript } from '../../generated/index.ts';
import { packWalletState } from '../../generated/layouts.ts';
import { createHoldLegs } from '../../hold-legs.ts';
import { keys } from '../../keys.ts';
import type { LedgerSource } from '../../ledger-source.ts';
import { createLoader } from '../../loader.ts';
import { createRecent } from '../../represent.ts';
import { createRunner, type Runner } from '../../runner.ts';
import { soleNode } from '../../test/sole-node.ts';
import { unloadWallet } from '../../unload.ts';
import { createVerbs } from '../../verbs.ts';
import type { Command, Mutation } from '../command.ts';
import { HOT_RECORDS_MS } from '../state.ts';
import { type Plain, plain } from './plain.ts';

export interface Outcome {
  readonly answer: Plain;
  /** `<script> <status>` of every script that ran, in order; a replay says so as well. */
  readonly trace: readonly string[];
}

export class Process {
  readonly #runner: Runner;
  readonly #context: EngineContext;
  #trace: string[] = [];

  constructor(connection: Redis, ledger: LedgerSource) {
    this.#runner = this.#noting(createRunner(soleNode(connection)));
    const legs = createHoldLegs();
    const loader = createLoader(this.#runner, ledger, legs, HOT_RECORDS_MS);
    const recall = async () => false;
    const runner = this.#runner;
    this.#context = { runner, loader, ledger, legs, recall, admit: () => undefined };
  }

  /** @param blind another process is faster: this one's look for a hold found nothing yet */
  async run(command: Command, blind = false): Promise<Outcome> {
    this.#trace = [];
    const answer = await this.#dispatch(command, blind).catch(codeOf);
    return { answer: plain(answer), trace: this.#trace };
  }

  #noting(inner: Runner): Runner {
    return {
      run: async (partition, script, names, args) => {
        const reply = await inner.run(partition, script, names, args).catch((error: unknown) => {
          if (error instanceof OutageError) this.#trace.push(`${script.name} ${error.code}`);
          throw error;
        });
        this.#trace.push(`${script.name} ${reply.status}`);
        if ('replayed' in reply && reply.replayed === true) {
          this.#trace.push(`${script.name} replayed`);
        }
        return reply;
      },
    };
  }

  async #dispatch(command: Command, blind: boolean): Promise<Plain> {
    const runner = this.#runner;
    switch (command.verb) {
      case 'due': {
        const { partition, limit, leaseMs } = command;
        const reply = await createEnforcement(runner).due(partition, limit, leaseMs);
        return { status: 'members', ...reply };
      }
      case 'finals': {
        const { partition, walletId, limit } = command;
        const members = await createEnforcement(runner).finals(partition, walletId, limit);
        return { status: 'members', members };
      }
      case 'load': {
        const { partition, walletId, wallet, loadEpoch } = command;
        const target = keys.wallet(partition, walletId);
        const names = { partition: keys.partition(partition), target };
        return runner.run(partition, loadScript, names, {
          packed: packWalletState(wallet),
          loadEpoch,
        });
      }
      case 'unload':
        return unloadWallet(runner, command.partition, command.walletId, command.ledgerSequence);
      default:
        return this.#mutate(command, blind);
    }
  }

  async #mutate({ verb, ...input }: Mutation, blind: boolean): Promise<Plain> {
    const { loader } = this.#context;
    const seeing = blind ? { ...loader, hold: async () => undefined } : loader;
    const verbs = createVerbs({ ...this.#context, loader: seeing }, createRecent());
    const method = verbs[verb] as (input: unknown) => Promise<Plain>;
    return method(input);
  }
}

function codeOf(error: unknown): Plain {
  if (error instanceof OutageError || error instanceof RequestError) return { status: error.code };
  throw error;
}

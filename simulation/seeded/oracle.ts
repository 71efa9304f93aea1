/**
 * The model beside the real thing, for as long as nothing was lost: each answer and each journal entry
 * must be the one that the rules in plain TypeScript give. After a crash only the book goes on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { JournalEntry } from '../../engine/index.ts';
import {
  type Command,
  type ModelState,
  NEW_WALLET,
  newModelState,
  serve,
} from '../../engine/model/index.ts';
import { T0 } from './clock.ts';
import type { Reply } from './process.ts';
import { PARTITIONS, type Stage } from './stage.ts';

const SHOWN_MAX = 200;
const MUTATION_ID = /[0-9a-z]{26}(?=[0-9]?\\?")/g;

export class Oracle {
  /** By partition; nothing where it has been retired. */
  readonly #states: (ModelState | undefined)[];
  /** Real mutation ids to the model's. */
  readonly #names = new Map<string, string>();

  constructor(stage: Stage) {
    this.#states = Array.from({ length: PARTITIONS }, (_, p) => {
      const wallets = new Map(stage.walletsOf(p).map((id) => [id, NEW_WALLET]));
      const { partition, ...state } = newModelState(T0, wallets);
      return { ...state, partition: { ...partition, loadEpoch: 1 } };
    });
  }

  /** From here on the model cannot know. */
  retire(): void {
    this.#states.fill(undefined);
  }

  /** Everything the model has journalled. @throws when it has been retired */
  journal(partition: number): readonly JournalEntry[] {
    const state = this.#states[partition];
    if (state === undefined) throw new Error(`the model of partition ${partition} was retired`);
    return state.journal;
  }

  /** The model's name of a mutation, or its own if the model does not know it. */
  nameOf(mutationId: string): string {
    return this.#names.get(mutationId) ?? mutationId;
  }

  setClock(testNowMs: number): void {
    this.#states.forEach((state, p) => {
      if (state) this.#states[p] = { ...state, partition: { ...state.partition, testNowMs } };
    });
  }

  committed(partition: number, count: number): void {
    const state = this.#states[partition];
    if (state)
      this.#states[partition] = { ...state, ledger: { ...state.ledger, committed: count } };
  }

  /** @param entries what the command has added to the journal */
  judge(command: Command, reply: Reply, entries: readonly JournalEntry[]): string[] {
    const before = this.#states[command.partition];
    if (!before) return [];
    const count = before.journal.length;
    for (const [i, { mutationId }] of entries.entries()) {
      this.#names.set(mutationId, `m${count + i}`);
    }
    const { state, answer } = serve(before, this.#named(command));
    const expected = plain({ answer, entries: state.journal.slice(count) });
    const found = plain(this.#named({ answer: reply, entries }));
    this.#states[command.partition] = state;
    if (isDeepStrictEqual(found, expected)) return [];
    this.retire();
    const [where, was, by] = difference(found, expected);
    return [`model ${command.verb}: ${where} is ${was}, the model has ${by}`];
  }

  #named<T>(value: T): T {
    const text = JSON.stringify(value);
    return JSON.parse(text.replace(MUTATION_ID, (id) => this.#names.get(id) ?? id)) as T;
  }
}

/** Without what JSON does not carry; not replayed and silent about it are the same. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (key, item: unknown) =>
    key === 'replayed' && item === false ? undefined : item,
  );
}

/** The first place where two plain values differ, and what is there in each. */
function difference(a: unknown, b: unknown, path = ''): [string, string, string] {
  const text = (value: unknown) => JSON.stringify(value)?.slice(0, SHOWN_MAX) ?? 'absent';
  if (!isRecord(a) || !isRecord(b)) return [path, text(a), text(b)];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const name = names.find((one) => !isDeepStrictEqual(a[one], b[one])) ?? '';
  return difference(a[name], b[name], path === '' ? name : `${path}.${name}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

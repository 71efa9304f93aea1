/** What callers were told: the same key is told the same again, for as long as its effect stands (I8). */
import { isDeepStrictEqual } from 'node:util';
import { type Command, HOT_RECORDS_MS } from '../../engine/model/index.ts';
import type { Book } from './book.ts';
import { keyName } from './past.ts';
import type { Reply } from './process.ts';

export interface Told {
  readonly command: Command;
  readonly mutationId: string;
}

export class Promises {
  readonly #told = new Map<string, Told>();

  /** Judges a reply by what the key's first caller was told, and keeps it if it is the first. */
  hear(command: Command, reply: Reply, book: Book, nowMs: number): string[] {
    const request = requestOf(command);
    if (request === undefined) return [];
    const name = keyName(request);
    const told = this.#told.get(name);
    const written = told && book.at(command.partition).mutations.get(told.mutationId);
    const entry = 'entry' in reply ? (reply.entry as { mutationId: string }) : undefined;
    if (entry) this.#told.set(name, { command, mutationId: entry.mutationId });
    const heard = book.at(command.partition).mutations.get(entry?.mutationId ?? '');
    if (entry && !isDeepStrictEqual(heard?.entry, entry)) {
      return [`I6 ${name}: acknowledged, and not in the journal`];
    }
    if (!told || !written || command.verb !== told.command.verb) return [];
    const forGood = request.requestKind !== 'request';
    if (!forGood && nowMs >= written.entry.atMs + HOT_RECORDS_MS) return [];
    const expected =
      request.fingerprint === written.entry.fingerprint ? 'done' : 'idempotency_conflict';
    // A call that was charged without a hold is told so.
    const right = command.verb === 'record' ? ['hold_exists'] : [expected];
    if (!right.includes(reply.status)) {
      return [`I8 ${name}: told ${reply.status} where the first was told done`];
    }
    if (entry && entry.mutationId !== told.mutationId) {
      return [`I8 ${name}: told of another mutation than the first`];
    }
    return [];
  }
}

export function requestOf(command: Command) {
  const request = 'request' in command ? command.request : undefined;
  if (request === undefined) return undefined;
  const { kind, scope, key, fingerprint } = request;
  return { requestKind: kind, requestScope: scope, requestKey: key, fingerprint };
}

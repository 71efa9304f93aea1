// What a generated script is: a name, a text, and the typed border between TypeScript and Lua.

/** A value for a script's argument. Money and times are decimal text on the way to Lua. */
export type ScriptArg = string | number | Buffer;

export interface Script<K, A, R> {
  readonly name: string;
  /** SHA-1 of `source`, by which EVALSHA calls it. */
  readonly sha: string;
  readonly source: string;
  keys(keys: K): string[];
  args(args: A): ScriptArg[];
  reply(reply: readonly Buffer[]): R;
}

/** The part of a script that the gate needs to load it. */
export interface LoadedScript {
  readonly name: string;
  readonly sha: string;
  readonly source: string;
}

import { parseArgs } from 'node:util';

/** Where a command reads and writes; tests give their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  /** Progress is shown only to a person. */
  readonly isTerminal: boolean;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Each option with what it does. */
  readonly options: readonly (readonly [option: string, meaning: string])[];
  /** @returns the exit code. @throws UsageError */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** The command line does not fit the command. */
export class UsageError extends Error {}

type OptionTypes = Readonly<Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>>;

/** Reads `--name value` and `--flag`; anything else is refused. @throws UsageError */
export function optionsOf<T extends OptionTypes>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

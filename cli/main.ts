/**
 * `npm run ringfence -- <command>`. The caller has put REDIS_URL and DATABASE_URL into the
 * environment (scripts/cli.mjs joins the services of a running Ringfence, or starts them).
 */
import { type Command, UsageError } from './command.ts';
import { bench } from './commands/bench.ts';
import { chaos } from './commands/chaos.ts';
import { doctor } from './commands/doctor.ts';
import { gate } from './commands/gate.ts';
import { quarantine } from './commands/quarantine.ts';
import { rebuild } from './commands/rebuild.ts';
import { reconcile } from './commands/reconcile.ts';
import { simulate } from './commands/simulate.ts';
import { verify } from './commands/verify.ts';
import { helpText } from './help.ts';

/** In the order of the help text. */
const COMMANDS: readonly Command[] = [
  verify,
  doctor,
  quarantine,
  rebuild,
  reconcile,
  simulate,
  chaos,
  gate,
  bench,
];

/** The command line was wrong. */
const EXIT_USAGE = 2;

/** Runs one command and answers the exit code: 0 good, 1 something was found, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  const asksHelp = args.some((arg) => arg === '--help' || arg === '-h');
  const command = COMMANDS.find((one) => one.name === name);
  if (name === 'help' || asksHelp) {
    process.stdout.write(helpText(command === undefined ? COMMANDS : [command]));
    return 0;
  }
  if (command === undefined) {
    process.stderr.write(`ringfence: there is no command ${name}\n\n${helpText(COMMANDS)}`);
    return EXIT_USAGE;
  }
  try {
    return await command.run(rest, {
      env: process.env,
      out: (text) => void process.stdout.write(text),
      isTerminal: process.stdout.isTTY === true,
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`ringfence ${name}: ${error.message}\n\n${helpText([command])}`);
    return EXIT_USAGE;
  }
}

import { parseArgs } from 'node:util';
import type { Control, Simulator } from './exchange/control.ts';
import type { SimulatorOptions } from './exchange/exchange.ts';
import { faultsSchema } from './exchange/faults.ts';
import { scriptSchema } from './exchange/script.ts';

type Extra = Readonly<Record<string, string | undefined>>;

/**
 * Runs one simulator as a process until SIGINT or SIGTERM. Prints `{"url", "seed"}` as one JSON line.
 * @param extra names of further text options of this provider.
 */
export async function runSimulator(
  extra: readonly string[],
  start: (options: SimulatorOptions, given: Extra) => Promise<Simulator<Control>>,
): Promise<void> {
  const text = { type: 'string' as const };
  const names = ['port', 'webhook-url', 'seed', 'scale', 'faults', 'script', ...extra];
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, text])) });
  const given = values as Extra;
  const options: SimulatorOptions = {
    port: whole('port', given.port),
    webhookUrl: given['webhook-url'],
    seed: whole('seed', given.seed),
    scale: given.scale === undefined ? undefined : Number(given.scale),
    faults: faultsSchema.parse(JSON.parse(given.faults ?? '{}')),
    script: scriptSchema.parse(JSON.parse(given.script ?? '{}')),
  };
  const simulator = await start(options, given);
  console.log(JSON.stringify({ url: simulator.url, seed: simulator.control.seed }));
  const stop = () => void simulator.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function whole(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,10}$/.test(value)) throw new RangeError(`--${name} takes a whole number`);
  return Number(value);
}

// A simulated Stripe as a process: npx tsx simulation/stripe/main.ts --port 4040 --api-key sk_test_...
//   --webhook-url http://127.0.0.1:8080/webhooks/stripe --webhook-secret whsec_... [--faults JSON]
//   [--scale 1] [--seed 1] [--settle-ms 5000] [--attached: ends when its standard input does]

import { parseArgs } from 'node:util';
import { faultsSchema } from '../providers/exchange/faults.ts';
import { startStripe } from './start.ts';

const NAMES = [
  'port',
  'api-key',
  'webhook-url',
  'webhook-secret',
  'faults',
  'scale',
  'seed',
  'settle-ms',
] as const;

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(NAMES.map((name) => [name, { type: 'string' as const }])),
    attached: { type: 'boolean' as const },
  },
});
const given = values as Partial<Record<(typeof NAMES)[number], string>>;

const number = (name: (typeof NAMES)[number]): number | undefined => {
  const value = given[name];
  if (value === undefined) return undefined;
  if (!/^\d{1,10}(\.\d{1,6})?$/.test(value)) throw new RangeError(`--${name} takes a number`);
  return Number(value);
};

const simulator = await startStripe({
  port: number('port'),
  apiKey: given['api-key'] ?? 'sk_test_simulated',
  webhookUrl: given['webhook-url'],
  webhookSecret: given['webhook-secret'] ?? 'whsec_simulated',
  faults: faultsSchema.parse(JSON.parse(given.faults ?? '{}')),
  scale: number('scale'),
  seed: number('seed'),
  settleMs: number('settle-ms'),
});
console.log(JSON.stringify({ url: simulator.url, seed: simulator.control.seed }));
function stop(): void {
  // An input that is still open would keep the process alive.
  process.stdin.destroy();
  void simulator.stop();
}
// Whoever started it may be killed: nothing is left behind then.
if (values.attached === true) process.stdin.once('end', stop).resume();
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

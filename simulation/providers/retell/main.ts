// A simulated Retell as a process: npx tsx simulation/providers/retell/main.ts --port 4020
//   --webhook-url http://127.0.0.1:8080/... --api-key ... [--function-url URL] [--inbound-agent ID]
//   [--faults JSON] [--script JSON] [--scale 1] [--seed 1]

import { runSimulator } from '../command-line.ts';
import { startRetell } from './start.ts';

await runSimulator(['api-key', 'function-url', 'inbound-agent'], (options, given) =>
  startRetell({
    ...options,
    apiKey: given['api-key'] ?? 'simulated-retell-key',
    functionUrl: given['function-url'],
    inboundAgentId: given['inbound-agent'],
  }),
);

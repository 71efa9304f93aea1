// A simulated Vapi as a process: npx tsx simulation/providers/vapi/main.ts --port 4010
//   --webhook-url http://127.0.0.1:8080/... --auth hmac-ms --secret ... --api-key ...
//   [--faults JSON] [--script JSON] [--scale 1] [--seed 1]

import { runSimulator } from '../command-line.ts';
import type { VapiAuthentication } from './authenticate.ts';
import { startVapi } from './start.ts';

function authentication(kind: string, secret: string): VapiAuthentication {
  if (kind === 'none') return { type: 'none' };
  if (kind === 'bearer') return { type: 'bearer', token: secret };
  if (kind === 'secret') return { type: 'secret', secret };
  if (kind === 'hmac-s') return { type: 'hmac', secret, unit: 's' };
  if (kind === 'hmac-ms') return { type: 'hmac', secret, unit: 'ms' };
  throw new RangeError('--auth takes none, bearer, secret, hmac-s or hmac-ms');
}

await runSimulator(['api-key', 'public-key', 'auth', 'secret'], (options, given) =>
  startVapi({
    ...options,
    apiKey: given['api-key'] ?? 'simulated-vapi-key',
    publicKey: given['public-key'],
    authentication: authentication(given.auth ?? 'hmac-ms', given.secret ?? 'simulated-secret'),
  }),
);

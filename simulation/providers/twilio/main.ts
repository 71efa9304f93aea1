// A simulated Twilio as a process: npx tsx simulation/providers/twilio/main.ts --port 4030
//   --account AC... --auth-token ... [--faults JSON] [--script JSON] [--scale 1] [--seed 1]

import { runSimulator } from '../command-line.ts';
import { startTwilio } from './start.ts';

await runSimulator(['account', 'auth-token'], (options, given) =>
  startTwilio({
    ...options,
    accountSid: given.account ?? `AC${'0'.repeat(31)}1`,
    authToken: given['auth-token'] ?? 'simulated-twilio-token',
  }),
);

/**
 * Proves over HTTP, against a real server process, that races spend no money twice.
 *
 *   npx tsx simulation/acceptance/concurrency.ts [--races 1000]
 *
 * It starts a Ringfence of its own, with its own services, in a temporary directory and removes both.
 * The short form of it runs with the tests (concurrency.test.ts).
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { proveAll } from './claims.ts';
import { edgeClaims } from './concurrency/edges.ts';
import { fundsClaims } from './concurrency/funds.ts';
import { keyClaims } from './concurrency/keys.ts';
import { threeWayClaim } from './concurrency/three-way.ts';
import { createRingfence, PATIENT } from './ringfence.ts';
import { verified } from './verify.ts';

/** Answers how many claims failed. */
export async function concurrency(
  options: { races: number; outside?: Readonly<Record<string, string>> },
  print: (line: string) => void,
): Promise<number> {
  const ringfence = await createRingfence({ ...PATIENT, ...options.outside });
  try {
    await ringfence.start();
    const { client } = ringfence;
    const claims = [
      ...fundsClaims(client),
      ...keyClaims(client),
      ...edgeClaims(client),
      threeWayClaim(client, options.races),
      { name: 'verify finds 0 differences', prove: () => verified(ringfence) },
    ];
    return await proveAll(claims, print);
  } finally {
    await ringfence.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { races: { type: 'string', default: '1000' } } });
  process.exitCode = await concurrency({ races: Number(values.races) }, console.log);
}

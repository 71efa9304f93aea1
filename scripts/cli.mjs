// `npm run ringfence -- <command>`: runs cli/main.ts on the databases of the environment, of the Ringfence
// that runs in another terminal, or, when none does, on ones started for as long as the command takes.

import { joinServices } from './environment.mjs';
import { ensureInstalled } from './install.mjs';

/** Commands that look at no Ringfence but start and stop one, with databases of its own. */
const STAND_ALONE = ['simulate', 'chaos', 'gate', 'bench'];

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function cli(args) {
  await ensureInstalled({ withDev: false });
  const { register } = await import('tsx/esm/api');
  register();
  const wantsHelp = args.length === 0 || args.includes('--help') || args.includes('-h');
  const alone = wantsHelp || STAND_ALONE.includes(args[0] ?? '');
  const stopServices = alone ? async () => {} : await joinServices();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    if (!alone) process.once(signal, () => stopServices().finally(() => process.exit(130)));
  }
  try {
    const { main } = await import(new URL('../cli/main.ts', import.meta.url).href);
    return await main(args);
  } finally {
    await stopServices();
  }
}

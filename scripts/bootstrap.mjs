// The one entry behind `npm start`, `npm test` and `npm run ringfence -- <command>`.
//
// It must work on a fresh clone, so it and everything it imports statically uses only what Node brings.
// What needs the installed packages is imported after install.mjs has made sure of them.

const NODE_MINIMUM = [20, 19];

/** @param {string} version */
function isSupported(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = NODE_MINIMUM;
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

const COMMANDS = new Map([
  ['start', async (/** @type {string[]} */ args) => (await import('./start.mjs')).start(args)],
  ['test', async (/** @type {string[]} */ args) => (await import('./test.mjs')).test(args)],
  ['cli', async (/** @type {string[]} */ args) => (await import('./cli.mjs')).cli(args)],
]);

async function main() {
  if (!isSupported(process.versions.node)) {
    throw new Error(
      `Ringfence needs Node ${NODE_MINIMUM.join('.')} or newer; this is ${process.versions.node}`,
    );
  }
  const [name = '', ...args] = process.argv.slice(2);
  const command = COMMANDS.get(name);
  if (command === undefined) {
    throw new Error(`usage: bootstrap.mjs <${[...COMMANDS.keys()].join('|')}>`);
  }
  process.exitCode = await command(args);
}

main().then(
  // Whatever a library still holds open must not keep a finished command alive.
  () => process.exit(),
  (error) => {
    // What we say ourselves is a sentence for the user; anything else is a bug and shows its stack.
    const isOurs = error instanceof Error && ['Error', 'ConfigError'].includes(error.name);
    console.error(isOurs && !process.env.RINGFENCE_DEBUG ? `ringfence: ${error.message}` : error);
    process.exit(1);
  },
);

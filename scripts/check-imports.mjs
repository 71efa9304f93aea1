// Who may import whom. A folder is entered through its door (`index.ts`) and knows only the folders and
// packages listed here, so that the picture in docs stays true and the engine can be read, tested and moved
// alone. A linter's path patterns cannot say this: the same file is `../keys.ts` or `../../engine/keys.ts`
// depending on who asks, so paths are resolved here. Cycles between files are the linter's business.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTest, sourceFiles } from './source-files.mjs';

const DOORS = [
  'engine/index.ts',
  'persistence/index.ts',
  'kill-switch/index.ts',
  'payments/index.ts',
  'notifications/index.ts',
];
const TOOLS = [...DOORS, 'api/main.ts', 'api/config.ts'];
/** Drivers that kill and restart real servers start them the way `npm start` does. */
const SERVERS = [
  'processes',
  'redis-server',
  'redis-monitor',
  'redis-node',
  'redis-cluster',
  'redis-handover',
  'redis-slots',
  'redis-sentinel',
  'postgres-server',
  'free-port',
].map((name) => `scripts/${name}.mjs`);

/** The seeded world drives the parts of a process by hand, and asks the model what they should do. */
const PARTS = ['engine/parts.ts', 'engine/model/index.ts', 'api/transfers/saga.ts'];

/** @type {Record<string, { files: string[], packages: string[] | 'any' }>} */
const RULES = {
  engine: { files: [], packages: ['ioredis', '@msgpack/msgpack', 'ulid'] },
  persistence: { files: ['engine/index.ts'], packages: ['drizzle-orm', 'postgres'] },
  'kill-switch': { files: ['engine/index.ts'], packages: ['retell-sdk', 'twilio'] },
  payments: { files: ['engine/index.ts', 'persistence/index.ts'], packages: ['stripe', 'zod'] },
  notifications: {
    files: ['engine/index.ts', 'persistence/index.ts', 'kill-switch/index.ts'],
    packages: ['nodemailer', 'zod'],
  },
  api: {
    files: DOORS,
    packages: [
      '@hono/node-server',
      '@hono/zod-openapi',
      'hono',
      'pino',
      'prom-client',
      'rate-limiter-flexible',
      'swagger-ui-dist',
      'zod',
    ],
  },
  cli: { files: [...TOOLS, 'simulation/main.ts', 'bench/main.ts'], packages: 'any' },
  simulation: { files: [...TOOLS, ...SERVERS, ...PARTS], packages: 'any' },
  bench: { files: [...TOOLS, ...SERVERS], packages: 'any' },
};

const STATEMENT = /^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*(['"])([^'"]+)\1/gm;
const DYNAMIC = /\bimport\(\s*(['"])([^'"]+)\1/g;

/**
 * @param {string} text
 * @returns {string[]}
 */
function importsOf(text) {
  return [STATEMENT, DYNAMIC].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[2] ?? ''),
  );
}

/** @param {string} specifier */
function packageName(specifier) {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/**
 * @param {string} name the importing file
 * @param {string} specifier
 * @returns {string | undefined} what is wrong with it
 */
export function importFault(name, specifier) {
  const [folder = ''] = name.split('/');
  const rule = RULES[folder];
  if (rule === undefined || specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) {
    const allowed = rule.packages === 'any' || rule.packages.includes(packageName(specifier));
    return allowed || isTest(name) ? undefined : `${folder}/ may not use the package ${specifier}`;
  }
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(name), specifier));
  if (target.startsWith(`${folder}/`)) {
    const hidden = isTest(target) && !isTest(name);
    return hidden ? `only tests may import ${target}` : undefined;
  }
  if (rule.files.includes(target)) return undefined;
  if (isTest(name) && (target.startsWith('testing/') || TOOLS.includes(target))) return undefined;
  return `${folder}/ may not import ${target}`;
}

/**
 * @param {import('./source-files.mjs').SourceFile[]} files
 * @returns {string[]} one line per fault
 */
export function importFaults(files) {
  return files.flatMap(({ name, text }) =>
    importsOf(text).flatMap((specifier) => {
      const fault = importFault(name, specifier);
      return fault === undefined ? [] : [`${name}: ${fault}`];
    }),
  );
}

if (
  process.argv[1] !== undefined &&
  path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  const faults = importFaults(sourceFiles(['.ts']));
  for (const fault of faults) console.error(fault);
  process.exit(faults.length === 0 ? 0 : 1);
}

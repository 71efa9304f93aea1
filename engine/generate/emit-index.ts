// The list of all scripts: those the gate loads, and those it runs by EVAL while the fence is shut.

import type { Header } from './header.ts';
import { BANNER, camel, pascal } from './names.ts';

export function emitIndex(headers: readonly { header: Header; gate: boolean }[]): string {
  const exports = headers.map(({ header, gate }) => {
    const file = `./${gate ? 'gate-' : ''}${header.verb}.ts`;
    const type = pascal(header.verb);
    return `export { ${camel(header.verb)}Script, type ${type}Reply } from '${file}';`;
  });
  const loaded = headers.filter((item) => !item.gate).map(({ header }) => header.verb);
  const imports = loaded.map((verb) => `import { ${camel(verb)}Script } from './${verb}.ts';`);
  const names = loaded.map((verb) => `  ${camel(verb)}Script,`);
  return `${BANNER}
import type { LoadedScript } from '../script.ts';
${imports.join('\n')}

${exports.join('\n')}

/** Every script that operations call by EVALSHA. Only the recovery gate loads them. */
export const LOADED_SCRIPTS: readonly LoadedScript[] = [
${names.join('\n')}
];
`;
}

// Resolves `-- @include` and `-- @bind` into the text that Redis is given.

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Field, Header } from './header.ts';

/** The script with its parts inlined once each, its arguments bound by name, comments dropped. */
export function resolveSource(file: string, header: Header, root: string): string {
  const seen = new Set<string>();
  const text = inline(file, seen, root).replace(/^-- @bind$/m, () => bindings(header));
  if (!text.includes('local keys = ') && header.verb !== 'fence') {
    throw new Error(`${file}: no "-- @bind" line`);
  }
  return `${text
    .replace(/--\[\[[\s\S]*?\]\]/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('--'))
    .join('\n')}\n`;
}

function inline(file: string, seen: Set<string>, root: string): string {
  seen.add(file);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .map((line, index) => {
      const name = /^-- @include (\S+)$/.exec(line)?.[1];
      if (!name) return line;
      const path = resolve(dirname(file), name);
      if (seen.has(path)) return '';
      try {
        return inline(path, seen, root);
      } catch (cause) {
        const at = `${relative(root, file)}:${index + 1}`;
        throw new Error(`${at}: cannot include ${name}`, { cause });
      }
    })
    .join('\n');
}

function value(field: Field, expression: string): string {
  return field.type === 'integer' || field.type === 'flag' ? `tonumber(${expression})` : expression;
}

/** Lua that gives KEYS and ARGV the names of the header, so that body and header cannot drift. */
function bindings(header: Header): string {
  const keys = header.keys.map((name, i) => `${name} = KEYS[${i + 1}]`);
  const args = header.args.map((f, i) => `${f.name} = ${value(f, `ARGV[${i + 1}]`)}`);
  const lines = [`local keys = { ${keys.join(', ')} }`, `local args = { ${args.join(', ')} }`];
  if (header.keyGroup) {
    const { name, keys: names } = header.keyGroup;
    const items = names.map((key, i) => `${key} = KEYS[i + ${i}]`).join(', ');
    lines.push(`keys.${name} = {}`);
    lines.push(`for i = ${header.keys.length + 1}, #KEYS, ${names.length} do`);
    lines.push(`  keys.${name}[#keys.${name} + 1] = { ${items} }`, 'end');
  }
  if (header.argGroup) {
    const { name, fields } = header.argGroup;
    const items = fields.map((f, i) => `${f.name} = ${value(f, `ARGV[i + ${i}]`)}`).join(', ');
    lines.push(`args.${name} = {}`);
    lines.push(`for i = ${header.args.length + 1}, #ARGV, ${fields.length} do`);
    lines.push(`  args.${name}[#args.${name} + 1] = { ${items} }`, 'end');
  }
  return lines.join('\n');
}

// Resolves `-- @include` and the names of the header into the text that Redis is given.

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { bind } from './bind.ts';
import type { Header } from './header.ts';
import { inlineCalls } from './inline-calls.ts';
import { inlineOnce } from './inline-once.ts';
import { shrink } from './shrink.ts';

/** The script with its parts inlined once each, its arguments bound by name, comments dropped. */
export function resolveSource(file: string, header: Header, root: string): string {
  const seen = new Set<string>();
  const code = inline(file, seen, root)
    .replace(/--\[\[[\s\S]*?\]\]/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('--'));
  return bind(inlineOnce(shrink(inlineCalls(shrink(countLoops(code.join('\n')))))), header);
}

/** A loop over a list by number needs no iterator to be called. */
export function countLoops(source: string): string {
  return source.replace(
    /\bfor (\w+), (\w+) in ipairs\(([\w.[\]]+)\) do\b/g,
    (_, index, item, list) => {
      const at = index === '_' ? 'at' : index;
      return `for ${at} = 1, #${list} do local ${item} = ${list}[${at}]`;
    },
  );
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

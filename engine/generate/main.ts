// `npm run generate`: engine/lua -> engine/generated and docs/LUA.md; engine/errors.ts -> docs/ERRORS.md.
// `--check` writes nothing and exits 1 if any of them is not fresh.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { emitIndex } from './emit-index.ts';
import { emitScript } from './emit-script.ts';
import { emitErrorsDoc } from './errors-doc.ts';
import { type Header, parseHeader } from './header.ts';
import { emitLayouts, parseLayouts } from './layouts.ts';
import { emitLuaDoc } from './lua-doc.ts';
import { resolveSource } from './source.ts';

const root = resolve(import.meta.dirname, '../..');
const lua = join(root, 'engine/lua');
const generated = join(root, 'engine/generated');

function outputs(): Map<string, string> {
  const files = new Map<string, string>();
  const headers: { header: Header; gate: boolean }[] = [];
  for (const folder of ['', 'gate']) {
    for (const name of readdirSync(join(lua, folder)).sort()) {
      if (!name.endsWith('.lua')) continue;
      const file = join(lua, folder, name);
      const header = parseHeader(join(folder, name), readFileSync(file, 'utf8'));
      if (`${header.verb}.lua` !== name) throw new Error(`${name}: its verb is "${header.verb}"`);
      const target = `${folder ? `${folder}-` : ''}${header.verb}.ts`;
      files.set(join(generated, target), emitScript(header, resolveSource(file, header, root)));
      headers.push({ header, gate: folder === 'gate' });
    }
  }
  const layouts = readdirSync(join(lua, 'lib'))
    .filter((name) => name.startsWith('layout_'))
    .sort((a, b) => layoutOrder(a) - layoutOrder(b))
    .flatMap((name) => parseLayouts(name, readFileSync(join(lua, 'lib', name), 'utf8')));
  files.set(join(generated, 'layouts.ts'), emitLayouts(layouts));
  files.set(join(generated, 'index.ts'), emitIndex(headers));
  files.set(
    join(root, 'docs/LUA.md'),
    emitLuaDoc(
      headers.map((item) => item.header),
      layouts,
    ),
  );
  files.set(join(root, 'docs/ERRORS.md'), emitErrorsDoc());
  return files;
}

/** The journal's layout uses the others, so it comes last. */
function layoutOrder(name: string): number {
  return name.includes('journal') ? 1 : 0;
}

function main(check: boolean): number {
  const files = outputs();
  const stale = [...files].filter(
    ([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
  );
  const orphans = existsSync(generated)
    ? readdirSync(generated).filter((name) => !files.has(join(generated, name)))
    : [];
  if (check) {
    for (const [path] of stale) console.error(`stale: ${path.slice(root.length + 1)}`);
    for (const name of orphans) console.error(`orphan: engine/generated/${name}`);
    if (stale.length + orphans.length > 0) console.error('run: npm run generate');
    return stale.length + orphans.length > 0 ? 1 : 0;
  }
  for (const [path, text] of stale) {
    mkdirSync(resolve(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  for (const name of orphans) rmSync(join(generated, name));
  console.log(`generated ${files.size} files, ${stale.length} changed`);
  return 0;
}

process.exitCode = main(process.argv.includes('--check'));

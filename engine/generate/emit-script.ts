// Writes the TypeScript side of one script: key and argument builders, reply union, source and sha.

import { createHash } from 'node:crypto';
import type { Field, Header, ScalarType } from './header.ts';
import { BANNER, camel, pascal } from './names.ts';

const TS_TYPE: Record<ScalarType, string> = {
  text: 'string',
  integer: 'number',
  flag: 'boolean',
  bytes: 'string | Buffer',
  hold: 'HoldState',
  entry: 'JournalEntry',
  texts: 'readonly Buffer[]',
  ids: 'readonly string[]',
  reply: 'never',
};

export function emitScript(header: Header, source: string): string {
  const type = pascal(header.verb);
  const uses = new Set(header.replies.flatMap((reply) => reply.fields.map((field) => field.type)));
  const layouts = [
    uses.has('hold') ? 'type HoldState' : '',
    uses.has('entry') ? 'type JournalEntry' : '',
    uses.has('hold') ? 'unpackHoldState' : '',
    uses.has('entry') ? 'unpackJournalEntry' : '',
  ].filter(Boolean);
  const readers = ['unknownReply', ...(uses.has('text') ? ['textOf'] : [])];
  if (uses.has('integer') || uses.has('flag')) readers.push('integerOf');
  return `${BANNER}
${layouts.length > 0 ? `import { ${layouts.join(', ')} } from './layouts.ts';\n` : ''}import { ${readers.join(', ')} } from '../reply.ts';
import type { Script } from '../script.ts';

${emitKeys(header, type)}
${emitArgs(header, type)}
${emitReply(header, type)}
/** ${header.purpose} ${header.why} */
export const ${camel(header.verb)}Script: Script<${type}Keys, ${type}Args, ${type}Reply> = {
  name: '${header.verb}',
  sha: '${createHash('sha1').update(source).digest('hex')}',
  keys: ${keysFunction(header)},
  args: ${argsFunction(header)},
  reply: read${type}Reply,
  source: ${literal(source)},
};
`;
}

function emitKeys(header: Header, type: string): string {
  const lines = header.keys.map((name) => `  readonly ${camel(name)}: string;`);
  if (header.keyGroup) {
    const item = header.keyGroup.keys.map((key) => `readonly ${camel(key)}: string`).join('; ');
    lines.push(`  readonly ${header.keyGroup.name}: readonly { ${item} }[];`);
  }
  return `export interface ${type}Keys {\n${lines.join('\n')}\n}\n`;
}

function emitArgs(header: Header, type: string): string {
  const property = (f: Field) => `readonly ${camel(f.name)}: ${TS_TYPE[f.type]};`;
  const lines = header.args.map((field) => `  ${property(field)}`);
  if (header.argGroup) {
    lines.push(`  readonly ${header.argGroup.name}: readonly {`);
    lines.push(...header.argGroup.fields.map((field) => `    ${property(field)}`), '  }[];');
  }
  if (lines.length === 0) return `export type ${type}Args = Record<string, never>;\n`;
  return `export interface ${type}Args {\n${lines.join('\n')}\n}\n`;
}

function emitReply(header: Header, type: string): string {
  const replayed = header.replies.some((reply) => reply.status === 'replayed');
  const forms = header.replies.filter((reply) => reply.status !== 'replayed');
  const flag = replayed ? '; readonly replayed: boolean' : '';
  const union = forms.map((form) => {
    const fields = form.fields.map((f) => `; readonly ${camel(f.name)}: ${TS_TYPE[f.type]}`);
    return `  | { readonly status: '${form.status}'${flag}${fields.join('')} }`;
  });
  const cases = forms.map((form) => {
    const fields = form.fields.map((f, i) => `, ${camel(f.name)}: ${reader(f, i + 1)}`).join('');
    const again = replayed ? ', replayed' : '';
    return `    case '${form.status}':\n      return { status${again}${fields} };`;
  });
  const head = replayed
    ? `  const replayed = first === 'replayed';\n  const values = replayed ? reply.slice(1) : reply;`
    : '  const values = reply;';
  const first = replayed ? "  const first = reply[0]?.toString() ?? '';\n" : '';
  return `export type ${type}Reply =\n${union.join('\n')};

function read${type}Reply(reply: readonly Buffer[]): ${type}Reply {
${first}${head}
  const status = values[0]?.toString() ?? '';
  switch (status) {
${cases.join('\n')}
    default:
      throw unknownReply('${header.verb}', status);
  }
}
`;
}

function reader(field: Field, index: number): string {
  if (field.type === 'text') return `textOf(values, ${index})`;
  if (field.type === 'integer') return `integerOf(values, ${index})`;
  if (field.type === 'flag') return `integerOf(values, ${index}) === 1`;
  if (field.type === 'hold') return `unpackHoldState(values[${index}])`;
  if (field.type === 'entry') return `unpackJournalEntry(values[${index}])`;
  if (field.type === 'ids') return `values.slice(${index}).map(String)`;
  return `values.slice(${index})`;
}

function keysFunction(header: Header): string {
  const plain = header.keys.map((name) => `k.${camel(name)}`);
  if (!header.keyGroup) return `(k) => [${plain.join(', ')}]`;
  const item = header.keyGroup.keys.map((key) => `g.${camel(key)}`).join(', ');
  return `(k) => [${plain.join(', ')}, ...k.${header.keyGroup.name}.flatMap((g) => [${item}])]`;
}

function argsFunction(header: Header): string {
  const read = (field: Field, from: string) =>
    field.type === 'flag' ? `${from}.${camel(field.name)} ? 1 : 0` : `${from}.${camel(field.name)}`;
  const plain = header.args.map((field) => read(field, 'a'));
  if (!header.argGroup) return plain.length > 0 ? `(a) => [${plain.join(', ')}]` : '() => []';
  const item = header.argGroup.fields.map((field) => read(field, 'g')).join(', ');
  return `(a) => [${plain.join(', ')}, ...a.${header.argGroup.name}.flatMap((g) => [${item}])]`;
}

function literal(source: string): string {
  const escaped = source.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
  return `\`${escaped}\``;
}

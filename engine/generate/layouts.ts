// Reads the packed layouts from engine/lua/lib/layout_*.lua and writes their TypeScript types and codecs.

import { BANNER } from './names.ts';

interface LayoutField {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}
export interface Layout {
  readonly name: string;
  readonly fields: readonly LayoutField[];
}

/** `integer=0` was added later: values that were written before have none, and mean 0. */
const FIELD = /^local \w+ = (\d+) -- (\w+): ([\w[\]?=]+); (.+)$/;

export function parseLayouts(file: string, source: string): Layout[] {
  const layouts: { name: string; fields: LayoutField[] }[] = [];
  for (const line of source.split('\n')) {
    const name = /^-- @layout (\w+)$/.exec(line)?.[1];
    if (name) layouts.push({ name, fields: [] });
    if (!line.startsWith('local ')) continue;
    const [, position, field, type, doc] = FIELD.exec(line) ?? [];
    const current = layouts.at(-1);
    if (!position || !field || !type || !doc || !current) {
      throw new Error(`${file}: "${line}" is not "local X = n -- name: type; meaning"`);
    }
    current.fields.push({ name: field, type, doc });
    if (Number(position) !== current.fields.length) {
      throw new Error(`${file}: "${line}" is out of order`);
    }
  }
  return layouts;
}

export function emitLayouts(layouts: readonly Layout[]): string {
  const known = new Set(layouts.map((layout) => layout.name));
  return `${BANNER}
import {
  decodeMsgpack,
  encodeMsgpack,
  fieldsOf,
  flagAt,
  integerAt,
  integersAt,
  laterAt,
  listAt,
  textAt,
} from '../msgpack.ts';

${layouts.map((layout) => emitLayout(layout, known)).join('\n')}`;
}

function emitLayout(layout: Layout, known: ReadonlySet<string>): string {
  const { name, fields } = layout;
  const types = fields.map((f) => `  /** ${f.doc} */\n  readonly ${f.name}: ${tsType(f.type)};`);
  const reads = fields.map((f, i) => `    ${f.name}: ${read(f, i, name, known)},`);
  const writes = fields.map((f) => `    ${write(f)},`);
  return `export interface ${name} {
${types.join('\n')}
}

export function ${lower(name)}Of(value: unknown): ${name} {
  const fields = fieldsOf('${name}', value, ${counts(fields)});
  return {
${reads.join('\n')}
  };
}

export function ${lower(name)}Fields(value: ${name}): unknown[] {
  return [
${writes.join('\n')}
  ];
}

export function unpack${name}(packed: Uint8Array | undefined): ${name} {
  return ${lower(name)}Of(decodeMsgpack('${name}', packed));
}

export function pack${name}(value: ${name}): Buffer {
  return encodeMsgpack(${lower(name)}Fields(value));
}
`;
}

const LATER = 'integer=0';

/** How many fields there are, and from how many on the rest was added later. */
function counts(fields: readonly LayoutField[]): string {
  const first = fields.findIndex(({ type }) => type === LATER);
  return first < 0 ? String(fields.length) : `${fields.length}, ${first}`;
}

function lower(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function tsType(type: string): string {
  if (type === 'micros' || type === 'integer' || type === LATER) return 'number';
  if (type === 'text') return 'string';
  if (type === 'flag') return 'boolean';
  if (type === 'integer[]') return 'readonly number[]';
  if (type.endsWith('[]')) return `readonly ${type}`;
  return type.endsWith('?') ? `${type.slice(0, -1)} | null` : type;
}

function read(field: LayoutField, i: number, owner: string, known: ReadonlySet<string>): string {
  const at = `fields, ${i}, '${owner}.${field.name}'`;
  if (field.type === 'micros' || field.type === 'integer') return `integerAt(${at})`;
  if (field.type === LATER) return `laterAt(${at})`;
  if (field.type === 'text') return `textAt(${at})`;
  if (field.type === 'flag') return `flagAt(${at})`;
  if (field.type === 'integer[]') return `integersAt(${at})`;
  const name = field.type.replace(/[[\]?]/g, '');
  if (!known.has(name)) throw new Error(`${owner}.${field.name}: unknown type ${field.type}`);
  if (field.type.endsWith('[]')) return `listAt(${at}).map(${lower(name)}Of)`;
  if (field.type.endsWith('?'))
    return `fields[${i}] === false ? null : ${lower(name)}Of(fields[${i}])`;
  return `${lower(name)}Of(fields[${i}])`;
}

function write(field: LayoutField): string {
  const value = `value.${field.name}`;
  if (field.type === 'flag') return `${value} ? 1 : 0`;
  if (field.type === 'integer[]') return `[...${value}]`;
  const name = lower(field.type.replace(/[[\]?]/g, ''));
  if (field.type.endsWith('[]')) return `${value}.map(${name}Fields)`;
  if (field.type.endsWith('?')) return `${value} === null ? false : ${name}Fields(${value})`;
  return /^[A-Z]/.test(field.type) ? `${name}Fields(${value})` : value;
}

// A Lua script's header is its contract: this reads it, and everything typed is made from it.

export type ScalarType =
  | 'text'
  | 'integer'
  | 'flag'
  | 'bytes'
  | 'hold'
  | 'entry'
  | 'texts'
  | 'ids'
  | 'reply';
export interface Field {
  readonly name: string;
  readonly type: ScalarType;
}
export interface Group {
  readonly name: string;
  readonly fields: readonly Field[];
}
export interface ReplyForm {
  readonly status: string;
  readonly fields: readonly Field[];
}
export interface Header {
  readonly verb: string;
  readonly purpose: string;
  readonly why: string;
  readonly keys: readonly string[];
  readonly keyGroup: { readonly name: string; readonly keys: readonly string[] } | undefined;
  readonly args: readonly Field[];
  readonly argGroup: Group | undefined;
  readonly replies: readonly ReplyForm[];
  readonly emits: string;
  readonly upholds: readonly string[];
}

const SCALARS = new Set([
  'text',
  'integer',
  'flag',
  'bytes',
  'hold',
  'entry',
  'texts',
  'ids',
  'reply',
]);
const SECTIONS = ['Keys:', 'Args:', 'Returns:', 'Emits:', 'Upholds:'] as const;

export function parseHeader(file: string, source: string): Header {
  const block = /--\[\[\n([\s\S]*?)\n\]\]/.exec(source)?.[1];
  if (block === undefined) throw new Error(`${file}: no header comment`);
  const parts = splitSections(file, block);
  const intro = (parts.get('') ?? []).join(' ');
  const match = /^(\w+): (.*?\.) (Atomic because .*)$/.exec(intro);
  const [, verb, purpose, why] = match ?? [];
  if (!verb || !purpose || !why) {
    throw new Error(`${file}: the header must read "<verb>: <purpose>. Atomic because ..."`);
  }
  const keys = parseKeys(parts.get('Keys:') ?? []);
  const args = parseArgs(file, parts.get('Args:') ?? []);
  return {
    verb,
    purpose,
    why,
    ...keys,
    ...args,
    replies: (parts.get('Returns:') ?? []).map((line) => parseReply(file, line)),
    emits: (parts.get('Emits:') ?? []).join(' '),
    upholds: (parts.get('Upholds:') ?? []).join(' ').split(/\s+/).filter(Boolean),
  };
}

function splitSections(file: string, block: string): Map<string, string[]> {
  const parts = new Map<string, string[]>([['', []]]);
  let section = '';
  for (const line of block.split('\n')) {
    const start = SECTIONS.find((name) => line.startsWith(name));
    if (start) {
      section = start;
      parts.set(section, []);
    }
    const text = (start ? line.slice(start.length) : line).trim();
    if (text) parts.get(section)?.push(text);
  }
  const missing = SECTIONS.filter((name) => !parts.has(name));
  if (missing.length > 0) throw new Error(`${file}: header lacks ${missing.join(' ')}`);
  return parts;
}

function parseKeys(lines: string[]): Pick<Header, 'keys' | 'keyGroup'> {
  const keys: string[] = [];
  let keyGroup: Header['keyGroup'];
  for (const line of lines) {
    const group = /^(\w+)\[\]: (.*)$/.exec(line);
    if (group?.[1] && group[2]) keyGroup = { name: group[1], keys: group[2].split(/,\s*/) };
    else keys.push(...line.split(/,\s*/).filter(Boolean));
  }
  return { keys, keyGroup };
}

function parseArgs(file: string, lines: string[]): Pick<Header, 'args' | 'argGroup'> {
  const args: Field[] = [];
  let argGroup: Group | undefined;
  for (const line of lines) {
    const group = /^(\w+)\[\]: (.*)$/.exec(line);
    if (group?.[1] && group[2]) argGroup = { name: group[1], fields: fieldsOf(file, group[2]) };
    else args.push(...fieldsOf(file, line).filter((field) => field.name !== 'none'));
  }
  return { args, argGroup };
}

function parseReply(file: string, line: string): ReplyForm {
  const [status = '', rest = ''] = line.split(/:\s*/);
  if (rest === 'reply') return { status, fields: [{ name: 'reply', type: 'reply' }] };
  return { status, fields: rest ? fieldsOf(file, rest) : [] };
}

function fieldsOf(file: string, text: string): Field[] {
  return text.split(/,\s*/).map((part) => {
    const [name = '', type = ''] = part.trim().split(/\s+/);
    if (!SCALARS.has(type)) throw new Error(`${file}: "${part}" is not "<name> <type>"`);
    return { name, type: type as ScalarType };
  });
}

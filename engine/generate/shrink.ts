// What Redis need not do again at each call: a script's body runs from its first line every time, so
// each constant is a local to fill and each function a closure to make.

const CONSTANT = /^local ([A-Z][A-Z0-9_]*) = (-?\d+|'[^']*')(?: --.*)?$/;
const FUNCTION = /^local function (\w+)\(/;

/** The same script with its constants in their places and without functions it never calls. */
export function shrink(source: string): string {
  return `${used(inlined(source.trimEnd().split('\n'))).join('\n')}\n`;
}

/** Lua 5.1 fills a local for each constant, and looks for it again for each closure that names it. */
function inlined(lines: readonly string[]): string[] {
  const constants = new Map<string, string>();
  const rest = lines.filter((line) => {
    const [, name, value] = CONSTANT.exec(line) ?? [];
    if (name === undefined || value === undefined) return true;
    if (constants.has(name)) throw new Error(`the constant ${name} is there twice`);
    constants.set(name, value);
    return false;
  });
  return rest.map((line) =>
    line.replace(/\b[A-Z][A-Z0-9_]*\b/g, (word) => constants.get(word) ?? word),
  );
}

/** Functions at the top level, from their first line to their `end`, unless nothing names them. */
function used(lines: readonly string[]): string[] {
  const blocks = blocksOf(lines);
  const kept = blocks.filter(({ name, text }) => {
    if (name === undefined) return true;
    const word = new RegExp(`\\b${name}\\b`);
    return blocks.some((other) => other.text !== text && word.test(other.text));
  });
  const left = kept.flatMap(({ text }) => text.split('\n'));
  return left.length === lines.length ? left : used(left);
}

interface Block {
  readonly text: string;
  /** Of a top-level function. */
  readonly name?: string | undefined;
}

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const name = FUNCTION.exec(lines[at] ?? '')?.[1];
    const oneLine = / end$/.test(lines[at] ?? '');
    const end = name === undefined || oneLine ? at : lines.indexOf('end', at);
    if (end < 0) throw new Error(`the function ${name} has no end at the start of a line`);
    blocks.push({ text: lines.slice(at, end + 1).join('\n'), name });
    at = end + 1;
  }
  return blocks;
}

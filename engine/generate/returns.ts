// A function's body as lines of another: each `return` takes its values to where the caller wants them.

interface Lines {
  readonly body: string;
  /** Some lines leave the block before its end, by `break`. */
  readonly leaves: boolean;
}

/** Undefined if a `return` is in a loop: a `break` would leave that alone. */
export function returnsOf(body: string, results: string): Lines | undefined {
  let text = '';
  let from = 0;
  let leaves = false;
  for (const match of body.matchAll(/\breturn\b/g)) {
    const at = match.index;
    if (inLoop(body, at)) return undefined;
    const end = endOfValues(body, at + 'return'.length);
    const values = body.slice(at + 'return'.length, end).trim();
    const last = end === body.length && /\n {2}$/.test(`\n${body.slice(0, at)}`);
    if (!last) leaves = true;
    text += `${body.slice(from, at)}${taken(values, results)}${last ? '' : ' break'}`;
    from = end;
  }
  return { body: text + body.slice(from), leaves };
}

function taken(values: string, results: string): string {
  if (results === '') return /\(/.test(values) ? `local _ = ${values}` : '';
  return `${results} = ${values === '' ? 'nil' : values}`;
}

/** By the lines around: those that are less indented. */
function inLoop(body: string, at: number): boolean {
  const before = body.slice(0, at).split('\n');
  const line = before.at(-1) ?? '';
  if (/\b(for|while|repeat)\b/.test(line)) return true;
  let indent = line.search(/\S|$/);
  for (const above of before.slice(0, -1).reverse()) {
    const depth = above.search(/\S|$/);
    if (depth >= indent) continue;
    indent = depth;
    if (/^\s*(for|while|repeat)\b/.test(above)) return true;
  }
  return false;
}

/** Behind the values: at ` end` of the same line, or where a line is not continued. */
function endOfValues(body: string, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at += 1) {
    const char = body.charAt(at);
    if (char === "'") at = body.indexOf("'", at + 1);
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
    if (depth > 0) continue;
    if (/^\s+end\b/.test(body.slice(at, at + 5))) return at;
    if (char === '\n' && !/^\s*(and|or|\.\.|[+*/-])/.test(body.slice(at + 1))) return at;
  }
  return body.length;
}

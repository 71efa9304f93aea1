/**
 * Finds where a text stops being JSON. `JSON.parse` of Node 20 names a position in some of its
 * messages only, and quotes the body in the others. This runs on the failure path alone, so it is
 * written for shortness: a stack instead of recursion, because a hostile body may nest a million
 * brackets.
 */

const CHARACTERS = String.raw`[^"\\\x00-\x1f]*`;
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`;
const STRING = `"${CHARACTERS}(?:${ESCAPE}${CHARACTERS})*"`;
const SCALAR = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`;
const TOKEN = new RegExp(String.raw`[ \t\n\r]*(?:(${STRING})|(${SCALAR})|([[\]{},:]))`, 'y');

type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma' | 'end';

/** The 0-based offset of the first character that cannot be there; the length if more is missing. */
export function jsonFaultPosition(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (token === null) return skipBlank(text, at);
    const start = TOKEN.lastIndex - (token[1] ?? token[2] ?? token[3] ?? '').length;
    const next = step(expected, token, open);
    if (next === undefined) return start;
    expected = next;
    at = TOKEN.lastIndex;
  }
}

function step(expected: Expected, token: RegExpExecArray, open: string[]): Expected | undefined {
  const [, string, scalar, mark] = token;
  if (expected === 'colon') return mark === ':' ? 'value' : undefined;
  if (expected === 'key' || expected === 'key-or-close') {
    if (string !== undefined) return 'colon';
    return expected === 'key-or-close' && mark === '}' ? close(open) : undefined;
  }
  if (expected === 'value' || expected === 'value-or-close') {
    if (string !== undefined || scalar !== undefined) return after(open);
    if (mark === '{' || mark === '[') {
      open.push(mark);
      return mark === '{' ? 'key-or-close' : 'value-or-close';
    }
    return expected === 'value-or-close' && mark === ']' ? close(open) : undefined;
  }
  if (expected === 'end') return undefined;
  const inside = open.at(-1);
  if (mark === ',') return inside === '{' ? 'key' : 'value';
  return mark === (inside === '{' ? '}' : ']') ? close(open) : undefined;
}

function close(open: string[]): Expected {
  open.pop();
  return after(open);
}

function after(open: readonly string[]): Expected {
  return open.length === 0 ? 'end' : 'comma';
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return at;
}

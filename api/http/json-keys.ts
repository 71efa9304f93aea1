/**
 * Whether a JSON text, already parsed to `value`, has a key twice in one object: `JSON.parse` keeps
 * the last one in silence, so the text then has more keys than the value. Linear in the text, and
 * without recursion, because a hostile body may nest ten thousand deep.
 */
export function hasRepeatedKey(text: string, value: unknown): boolean {
  return keysWritten(text) !== keysIn(value);
}

const BACKSLASH = 92;
const COLON = 58;
const SPACE = 32;

/** Goes from string to string, and sees whether a colon follows it. */
function keysWritten(text: string): number {
  let count = 0;
  for (let from = text.indexOf('"'); from >= 0; ) {
    let after = endOfString(text, from) + 1;
    // In valid JSON all that is not above a space is white.
    while (text.charCodeAt(after) <= SPACE) after += 1;
    if (text.charCodeAt(after) === COLON) count += 1;
    from = text.indexOf('"', after);
  }
  return count;
}

/** Where the string that begins there has its last quotation mark: the first that is not escaped. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = end;
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes -= 1;
    if ((end - escapes) % 2 === 0) return end;
  }
}

function keysIn(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner = Object.values(next);
    if (!Array.isArray(next)) count += inner.length;
    for (const one of inner) if (typeof one === 'object') open.push(one);
  }
  return count;
}

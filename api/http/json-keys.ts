/** A string and, when it is a key, the colon after it. In valid JSON no match begins inside one. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;

/**
 * Whether a JSON text, already parsed to `value`, has a key twice in one object: `JSON.parse` keeps
 * the last one in silence, so the text then has more keys than the value. Linear in the text, and
 * without recursion, because a hostile body may nest ten thousand deep.
 */
export function hasRepeatedKey(text: string, value: unknown): boolean {
  let written = 0;
  for (const match of text.matchAll(STRING)) if (match[1] !== undefined) written++;
  return written !== keysIn(value);
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

/** Finds a route by the segments of a path that needs no decoding. */

export interface Route<T> {
  readonly to: T;
  readonly params: Record<string, string>;
}

/** No escapes, no dots, no empty segments, no query: what stands there is what is meant. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~:-]+)+$/;

interface Pattern<T> {
  readonly to: T;
  /** By place; a name in braces stands for anything. */
  readonly fixed: readonly (string | undefined)[];
  readonly names: readonly (string | undefined)[];
}

/**
 * @param routes in the order in which they count: the first that fits is taken, as Hono does.
 * @returns undefined for a path that is not plain, or that none fits
 */
export function createRoutes<T>(
  routes: readonly { readonly path: string; readonly to: T }[],
): (path: string) => Route<T> | undefined {
  const byLength = new Map<number, Pattern<T>[]>();
  for (const { path, to } of routes) {
    const parts = path.split('/').slice(1);
    const names = parts.map((part) => /^\{(\w+)\}$/.exec(part)?.[1]);
    const fixed = parts.map((part, i) => (names[i] === undefined ? part : undefined));
    byLength.set(parts.length, [...(byLength.get(parts.length) ?? []), { to, fixed, names }]);
  }
  return (path) => {
    if (!PLAIN_PATH.test(path)) return undefined;
    const parts = path.slice(1).split('/');
    for (const { to, fixed, names } of byLength.get(parts.length) ?? []) {
      if (fits(fixed, parts)) return { to, params: paramsOf(names, parts) };
    }
    return undefined;
  };
}

function fits(fixed: readonly (string | undefined)[], parts: readonly string[]): boolean {
  for (let i = 0; i < fixed.length; i += 1) {
    if (fixed[i] !== undefined && fixed[i] !== parts[i]) return false;
  }
  return true;
}

function paramsOf(names: readonly (string | undefined)[], parts: readonly string[]) {
  const params: Record<string, string> = {};
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i];
    if (name !== undefined) params[name] = parts[i] ?? '';
  }
  return params;
}

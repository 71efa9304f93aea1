// What a script reads at its begin: the values it names as `found.x`, by one MGET of their keys alone.
// Due sets, journals and final sets are no values, and a look at each costs as much as one that finds.

import type { Header } from './header.ts';

export interface Found {
  /** Keys of the script, in the header's order; FOUND begins with their values. */
  readonly keys: readonly string[];
  /** Of each item of the group one key, behind them. */
  readonly group: string | undefined;
  readonly ofItem: string | undefined;
}

export function foundIn(source: string, header: Header): Found {
  const named = [...source.matchAll(/\bfound\.(\w+)(?:\[[^\]]+\]\.(\w+))?/g)];
  const items = new Set(named.flatMap(([, , key]) => (key === undefined ? [] : [key])));
  if (items.size > 1) throw new Error(`${header.verb}: more than one key of an item is found`);
  const names = new Set(named.filter(([, , key]) => key === undefined).map(([, name]) => name));
  return {
    keys: header.keys.filter((key) => names.has(key)),
    group: header.keyGroup?.name,
    ofItem: [...items][0],
  };
}

/** The line that reads them. One item is the usual number: no list is made for it. */
export function readFound({ keys, ofItem }: Found, header: Header): string {
  const singles = keys.map((key) => `KEYS[${header.keys.indexOf(key) + 1}]`);
  const group = header.keyGroup;
  if (ofItem === undefined || group === undefined) {
    return singles.length === 0 ? '' : `local FOUND = redis.call('MGET', ${singles.join(', ')})\n`;
  }
  const first = header.keys.length + group.keys.indexOf(ofItem) + 1;
  const one = header.keys.length + group.keys.length;
  return `local FOUND
if #KEYS == ${one} then
  FOUND = redis.call('MGET', ${[...singles, `KEYS[${first}]`].join(', ')})
else
  local names = { ${singles.join(', ')} }
  for i = ${first}, #KEYS, ${group.keys.length} do names[#names + 1] = KEYS[i] end
  FOUND = redis.call('MGET', unpack(names))
end
`;
}

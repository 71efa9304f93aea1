// What scripts really touch, as MONITOR tells it: the call with its declared keys, then each command that
// the script gives. A cluster routes a call by its declared keys, and cannot know of any other.

import type { Redis } from 'ioredis';

export interface KeyWatch {
  /** Script calls that were seen. */
  calls(): number;
  /** Commands inside scripts that named a key. */
  touches(): number;
  /** `command key`, for keys that the script's call had not declared. */
  undeclared(): string[];
  stop(): void;
}

interface KeyPlaces {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

const BY_SCRIPT = 'lua';

export async function watchKeys(redis: Redis): Promise<KeyWatch> {
  const places = await keyPlaces(redis);
  const monitor = await redis.monitor();
  let declared = new Set<string>();
  let calls = 0;
  let touches = 0;
  const undeclared = new Set<string>();
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    const [name = ''] = args;
    if (source !== BY_SCRIPT) {
      if (!/^eval/i.test(name)) return;
      declared = new Set(args.slice(3, 3 + Number(args[2])));
      calls += 1;
      return;
    }
    for (const key of keysOf(args, places.get(name.toLowerCase()))) {
      touches += 1;
      if (!declared.has(key)) undeclared.add(`${name} ${key}`);
    }
  });
  return {
    calls: () => calls,
    touches: () => touches,
    undeclared: () => [...undeclared],
    stop: () => monitor.disconnect(),
  };
}

function keysOf(args: readonly string[], at: KeyPlaces | undefined): string[] {
  if (at === undefined || at.first === 0) return [];
  const last = at.last < 0 ? args.length + at.last : at.last;
  return args.filter((_, n) => n >= at.first && n <= last && (n - at.first) % at.step === 0);
}

/** COMMAND: name, arity, flags, first key, last key, step; then more. */
async function keyPlaces(redis: Redis): Promise<Map<string, KeyPlaces>> {
  const commands = (await redis.call('COMMAND')) as [
    string,
    number,
    string[],
    number,
    number,
    number,
  ][];
  return new Map(
    commands.map(([name, , , first, last, step]) => [name.toLowerCase(), { first, last, step }]),
  );
}

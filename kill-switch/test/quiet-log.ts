import type { Log } from '../doors.ts';

/** A log that keeps what was said. */
export function quietLog(): Log & { readonly said: string[] } {
  const said: string[] = [];
  const say = (_: object, message: string) => void said.push(message);
  return { said, info: say, warn: say, error: say };
}

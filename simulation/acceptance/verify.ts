import type { RingfenceProcess } from './ringfence.ts';

/** Runs `verify` beside the server. @throws Error with its output unless it says 0 differences. */
export async function verified(ringfence: Pick<RingfenceProcess, 'command'>): Promise<string> {
  const { code, text } = await ringfence.command(['verify']);
  if (code !== 0 || !text.endsWith('\n0 differences\n')) {
    throw new Error(`verify exited with ${code}:\n${text}`);
  }
  return text.trimEnd().split('\n').slice(-2).join('; ');
}

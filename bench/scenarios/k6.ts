/** Runs a scenario with k6 where it is on the PATH. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { World } from '../k6/scenario.js';
import type { Scale } from './generator.ts';

/** The version that k6 says it has, undefined where there is none. */
export function k6Version(): string | undefined {
  const { status, stdout } = spawnSync('k6', ['version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n')[0] : undefined;
}

/** What k6 is started with. @param worldFile a path */
export function k6Arguments(name: string, worldFile: string, { seconds, rate }: Scale): string[] {
  const script = path.join(import.meta.dirname, '..', 'k6', `${name}.js`);
  const env = { WORLD_FILE: worldFile, SECONDS: String(seconds), RATE: String(rate) };
  const given = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  return ['run', '--no-usage-report', ...given, script];
}

/**
 * Its report goes to the terminal as it is.
 * @param dir for the file that tells it the world
 * @returns whether all thresholds were kept
 */
export async function playWithK6(
  name: string,
  world: World,
  scale: Scale,
  dir: string,
): Promise<boolean> {
  const worldFile = path.join(dir, 'world.json');
  fs.writeFileSync(worldFile, JSON.stringify(world), { mode: 0o600 });
  const child = spawn('k6', k6Arguments(name, worldFile, scale), {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return code === 0;
}

/** Child processes of the benchmark, spoken to over a channel, and directories for their files. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const END_MS = 10_000;
const STARTED_MS = 120_000;

/**
 * Starts a TypeScript program. It ends by itself when we do: its channel closes.
 * @param logFile gets what it prints; without one nobody does
 */
function startProgram(program: URL, logFile?: string): ChildProcess {
  const output = logFile === undefined ? 'ignore' : fs.openSync(logFile, 'a');
  const child = fork(program, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  if (typeof output === 'number') fs.closeSync(output);
  return child;
}

/** The next message. @throws Error when it ends first or says nothing in time */
export function nextMessage<T>(child: ChildProcess, what: string, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      clearTimeout(timer);
      child.off('exit', ended).off('message', heard);
      act();
    };
    const ended = (code: number | null) =>
      finish(() => reject(new Error(`${what} ended (${code}) without an answer`)));
    const heard = (message: unknown) => finish(() => resolve(message as T));
    const timer = setTimeout(
      () => finish(() => reject(new Error(`${what}: no answer in ${timeoutMs / 1000} s`))),
      timeoutMs,
    );
    child.once('exit', ended).once('message', heard);
  });
}

/** Programs that wait to be taken again, by what they run. */
const resting = new Map<string, ChildProcess[]>();

/**
 * A program that is told what to do: one that rests, or a new one once it has said that it is there.
 * @param logFile of a new one
 */
export async function takeProgram(program: URL, logFile?: string): Promise<ChildProcess> {
  const rested = resting.get(program.href)?.pop();
  if (rested !== undefined) return rested;
  const child = startProgram(program, logFile);
  try {
    await nextMessage(child, program.pathname, STARTED_MS);
    return child;
  } catch (error) {
    await endProgram(child);
    throw error;
  }
}

/** Ends a program that has done its work, or lets it rest: starting one takes longer than all that a smoke asks of it. */
export async function giveBack(program: URL, child: ChildProcess, fresh: boolean): Promise<void> {
  if (fresh) return endProgram(child);
  const others = resting.get(program.href) ?? [];
  resting.set(program.href, [...others, child]);
}

/** Ends those that rest. */
export async function endResting(): Promise<void> {
  const all = [...resting.values()].flat();
  resting.clear();
  await Promise.all(all.map(endProgram));
}

/** Asks it to end, insists, and returns when it is gone. */
export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await gone;
  clearTimeout(timer);
}

/** An empty directory. As root, Postgres runs under another account that must get in. */
export function freshDirectory(parent = os.tmpdir()): string {
  const dir = fs.mkdtempSync(path.join(parent, 'ringfence-bench-'));
  fs.chmodSync(dir, 0o755);
  return dir;
}

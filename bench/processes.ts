/** Child processes of the benchmark, spoken to over a channel, and directories for their files. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const END_MS = 10_000;

/**
 * Starts a TypeScript program. It ends by itself when we do: its channel closes.
 * @param logFile gets what it prints; without one nobody does
 */
export function startProgram(
  program: URL,
  env: NodeJS.ProcessEnv = {},
  logFile?: string,
): ChildProcess {
  const output = logFile === undefined ? 'ignore' : fs.openSync(logFile, 'a');
  const child = fork(program, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_ENV: 'production', ...env },
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

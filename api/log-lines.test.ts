/** What reaches standard output of a process that logs, and when. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';

const MODULE = new URL('./log.ts', import.meta.url).href;
let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

/** Runs a program that has a `log`. */
function begun(program: string): ChildProcess {
  const code = `import { createLog } from '${MODULE}'; const log = createLog('info'); ${program}`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  return child;
}

/** Reads from now on; answers what has been read so far. */
function read({ stdout }: ChildProcess): () => string {
  let text = '';
  stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  return () => text;
}

/** Runs a program that has a `log`; answers what it has written so far. */
const running = (program: string) => read(begun(program));

const messagesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

test('a single line is written though nothing follows it', async () => {
  const written = running(`log.info('one'); setInterval(() => {}, 1000);`);
  await expect.poll(() => messagesOf(written()), { timeout: 60_000 }).toEqual(['one']);
});

test.each([
  ['exits', 'process.exit(3)'],
  ['fails', "throw new Error('nobody catches it: this is as it should be')"],
])('all lines are written, in order, when the process %s right after them', async (_, end) => {
  const written = running(
    `for (let i = 0; i < 1000; i += 1) log.info(String(i)); log.warn('w'); log.info('last'); ${end};`,
  );
  if (child !== undefined) await once(child, 'close');
  const numbers = Array.from({ length: 1000 }, (__, i) => String(i));
  expect(messagesOf(written())).toEqual([...numbers, 'w', 'last']);
});

test('what was flushed is written when it says so', async () => {
  const written = running(
    `log.info('one'); log.flush(() => process.kill(process.pid, 'SIGKILL'));`,
  );
  if (child !== undefined) await once(child, 'close');
  expect(messagesOf(written())).toEqual(['one']);
});

test('a reader who stands still does not stop the process, and misses nothing in the end', async () => {
  const lines = 20_000;
  const stuck = begun(
    `for (let i = 0; i < ${lines}; i += 1) log.warn(String(i)); process.send('goes on');
    log.flush(() => process.exit());`,
  );
  expect(await once(stuck, 'message')).toEqual(['goes on', undefined]);
  const written = read(stuck);
  await once(stuck, 'close');
  expect(messagesOf(written())).toEqual(Array.from({ length: lines }, (_, i) => String(i)));
});

import { afterEach, expect, test, vi } from 'vitest';
import { main } from './main.ts';

function captured(stream: 'stdout' | 'stderr') {
  const write = vi.spyOn(process[stream], 'write').mockReturnValue(true);
  return () => write.mock.calls.map(([text]) => String(text)).join('');
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('help names every command and exits 0', async () => {
  const text = captured('stdout');
  expect(await main([])).toBe(0);
  expect(text()).toMatch(
    /\n {2}verify .*\n {2}doctor .*\n {2}quarantine .*\n {2}rebuild .*\n {2}reconcile .*\n {2}simulate .*\n {2}chaos .*\n {2}gate .*\n {2}bench .*\n {2}help /,
  );
});

test('--help of one command names its options', async () => {
  const text = captured('stdout');
  expect(await main(['verify', '--help'])).toBe(0);
  expect(text()).toContain('--wallet <id>');
});

test('an unknown command is a clear error, exit code 2', async () => {
  const text = captured('stderr');
  expect(await main(['verfy'])).toBe(2);
  expect(text()).toContain('there is no command verfy\n');
});

test('a wrong option is a clear error, exit code 2', async () => {
  const text = captured('stderr');
  expect(await main(['doctor', '--nonsense'])).toBe(2);
  expect(text()).toContain("ringfence doctor: Unknown option '--nonsense'");
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../persistence/index.ts';
import { startBackground } from './compose/background.ts';
import { watchFlusher } from './flusher-pulse.ts';
import { createMetrics } from './metrics.ts';
import { createReadiness } from './readiness.ts';
import { type TestApplication, testApplication } from './test/application.ts';

let app: TestApplication;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_ROLE: 'api' });
});
afterAll(() => app.stop());

/** A look that takes longer than the time between two says nothing: some of them have to be quicker. */
const SHORT = { graceMs: 600, everyMs: 200 };

function readinessOf(parts: Partial<Parameters<typeof createReadiness>[0]>) {
  return createReadiness({
    engine: app.core.engine,
    sql: app.core.stores.directory,
    backlogMaxAgeMs: 60_000,
    pulse: { beats: () => true },
    stopping: () => false,
    ...parts,
  });
}

describe('readiness', () => {
  test('a process that runs no flusher does not miss one', async () => {
    const pulse = watchFlusher(app.core.stores.directory, { flushes: false, graceMs: 0 });
    expect((await readinessOf({ pulse })()).checks.flusher).toBe('ok');
  });

  test('a flusher that should run and stands still shows, and its return does', async () => {
    const pulse = watchFlusher(app.core.stores.directory, { flushes: true, ...SHORT });
    const readiness = readinessOf({ pulse });
    const config = { ...app.core.config, RINGFENCE_ROLE: 'flusher' as const };
    const start = () => startBackground({ ...app.core, config }, createMetrics());
    await expect.poll(readiness).toMatchObject({ ready: false, checks: { flusher: 'stopped' } });
    const flusher = start();
    await expect.poll(readiness).toMatchObject({ ready: true, checks: { flusher: 'ok' } });
    await flusher.stop();
    await expect.poll(readiness).toMatchObject({ ready: false, checks: { flusher: 'stopped' } });
    pulse.stop();
  });

  test('the flusher of another process is not ours', async () => {
    const { directory } = app.core.stores;
    await directory`
      insert into flusher_members (owner, expires_at) values ('elsewhere:1:x', now() + '1 hour')`;
    const pulse = watchFlusher(directory, { flushes: true, ...SHORT });
    await expect.poll(readinessOf({ pulse })).toMatchObject({ checks: { flusher: 'stopped' } });
    await directory`delete from flusher_members`;
    pulse.stop();
  });

  test('Postgres away is reported and takes nobody out of service, nor blames the flusher', async () => {
    const away = connect('postgres://nobody@127.0.0.1:1/none', { max: 1, applicationName: 'away' });
    const pulse = watchFlusher(away, { flushes: true, ...SHORT });
    const until = performance.now() + 3 * SHORT.graceMs;
    const readiness = readinessOf({ sql: away, pulse });
    while (performance.now() < until) {
      const { ready, checks } = await readiness();
      expect([ready, checks.postgres, checks.flusher]).toEqual([true, 'unreachable', 'ok']);
    }
    pulse.stop();
    await away.end({ timeout: 1 });
  });

  test('a process that was asked to stop is not ready', async () => {
    const report = await readinessOf({ stopping: () => true })();
    expect(report).toMatchObject({ ready: false, checks: { process: 'stopping' } });
  });
});

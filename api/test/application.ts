/** The application on a Redis and a database of the test file's own: the real engine; a socket when asked for. */
import { createConnection } from '../../engine/index.ts';
import { type TestRedis, testDatabase, testRedis } from '../../testing/services.ts';
import { type TestProcess, testProcess } from './process.ts';

export { ADMIN_KEY, type ApiAnswer, type Call } from './process.ts';

export interface TestApplication extends TestProcess {
  /** A plain connection to the application's Redis, for tests that lose or change something. */
  redis(): ReturnType<typeof createConnection>;
  /** For tests that damage what it stands on. */
  redisServer: TestRedis;
  kill9Redis(): Promise<void>;
  restartRedis(): Promise<void>;
}

/**
 * @param lines gets every line of the log, at the level of the environment
 * @param options `background: false`: nothing that works by itself; `listens: true`: requests go through a socket
 */
export async function testApplication(
  env: Record<string, string> = {},
  lines?: string[],
  options: { readonly background?: boolean; readonly listens?: boolean } = {},
): Promise<TestApplication> {
  const [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  const stores = { REDIS_URL: redis.url, DATABASE_URL: database.url };
  const process = await testProcess({ ...stores, ...env }, { lines, ...options });
  const plain = createConnection(redis.url);
  await plain.connect();
  return {
    ...process,
    redis: () => plain,
    redisServer: redis,
    kill9Redis: () => redis.kill9(),
    restartRedis: () => redis.restart(),
    async stop() {
      plain.disconnect();
      await process.stop();
      await redis.stop();
      await database.drop();
    },
  };
}

import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failingDoor, postgresFrames, testDatabase } from '../testing/services.ts';
import { connect, type Sql } from './connect.ts';
import { isOneServer } from './first-word.ts';
import { isPostgresOutage } from './postgres-errors.ts';

let server: net.Server;
let sql: Sql;
let connections = 0;
beforeAll(async () => {
  server = net.createServer((client) => {
    connections += 1;
    client.on('error', () => undefined);
    // Once it has been asked: then nothing is unread, and it ends in peace.
    client.once('data', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  sql = connect(`postgres://nobody@127.0.0.1:${port}/none`, { max: 1, applicationName: 'test' });
});
afterAll(async () => {
  await sql.end({ timeout: 0 });
  server.close();
});

test('a proxy whose Postgres is away, and that hangs up without a word, is an outage at once', async () => {
  for (let asked = 1; asked <= 3; asked++) {
    const error = await sql`SELECT 1`.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isPostgresOutage(error), String(error)).toBe(true);
    expect(connections).toBe(asked);
  }
});

test('a Postgres that was away for long is asked again within a second of its return', async () => {
  const database = await testDatabase();
  const door = await failingDoor(database.url, postgresFrames);
  const away = connect(door.url, { max: 1, applicationName: 'test' });
  try {
    door.sever();
    for (let failures = 0; failures < 8; failures++) {
      await expect(away`SELECT 1`).rejects.toSatisfy(isPostgresOutage);
    }
    door.heal();
    const healedAt = performance.now();
    while ((await away`SELECT 1`.catch(() => [])).length === 0) await delay(10);
    expect(performance.now() - healedAt).toBeLessThan(9_000); // The driver's own waits 10 to 20 s by now.
  } finally {
    await away.end({ timeout: 0 });
    await door.stop();
    await database.drop();
  }
}, 180_000);

test.each([
  ['postgres://u:p@db.example.com:5432/x', true],
  ['postgres://localhost/x?options=a,b', true],
  ['postgres://u:p@a.example.com:5432,b.example.com:5433/x', false],
])('%s: one server, so that the driver need not choose: %s', (url, one) => {
  expect(isOneServer(url)).toBe(one);
});

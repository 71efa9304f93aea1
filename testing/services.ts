// The servers that tests run on. Always real ones: each test FILE has a Redis process of its own (20-70 ms)
// and a Postgres database of its own (a clone, 50 ms), so that files run in parallel without meeting.

export { monitorRedis } from '../scripts/redis-monitor.mjs';
export { EVERY_ANOMALY } from './anomalies.ts';
export { type TestCluster, testCluster } from './cluster.ts';
export { type TestDatabase, testDatabase } from './database.ts';
export { type FailingDoor, type Failure, failingDoor } from './failing-door.ts';
export { type FullDisk, fullDisk, hasFullDisk } from './full-disk.ts';
export { isCluster, type TestRedis, testRedis } from './redis.ts';
export { type TestSentinels, testSentinels } from './sentinels.ts';
export { postgresFrames, redisFrames } from './wire.ts';

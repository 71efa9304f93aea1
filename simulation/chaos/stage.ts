/** The processes that a scenario strikes: Ringfence, Redis and Postgres. */
import fs from 'node:fs';
import path from 'node:path';
import { waitUntil } from '../../scripts/processes.mjs';
import type { Client } from '../acceptance/client.ts';
import { laterPort } from '../acceptance/ports.ts';
import {
  createRingfence,
  type RingfenceProcess,
  temporaryDirectory,
  VAPI_SECRET,
} from '../acceptance/ringfence.ts';
import { type Simulator, startVapi, type VapiControl } from '../providers/index.ts';
import { VAPI_API_KEY } from '../world/providers.ts';
import type { StoreUrls } from './accounts/stores.ts';
import {
  type ClusterServers,
  type SentinelServers,
  type Servers,
  type Stores,
  startClusterServers,
  startSentinelServers,
  startServers,
} from './servers.ts';

export interface Stage {
  readonly client: Client;
  /** Where the stores are now: a Ringfence that brings its own may start them elsewhere. */
  urls(): StoreUrls;
  /** Resolves when every process says it is ready. */
  ready(): Promise<void>;
  /** `npm run ringfence -- verify` beside it. */
  command(args: readonly string[]): Promise<{ code: number; text: string }>;
  /** Ends everything and removes its files. */
  stop(): Promise<void>;
}

/** One process of each role, over stores that live outside them. */
export interface RolesStage<S extends Stores> extends Stage {
  readonly servers: S;
  readonly api: RingfenceProcess;
  readonly flusher: RingfenceProcess;
  readonly enforcer: RingfenceProcess;
  /** Where calls of a provider are talked; it lives in this process. */
  readonly vapi: Simulator<VapiControl>;
}

export type ApartStage = RolesStage<Servers>;
export type ClusterStage = RolesStage<ClusterServers>;
export type SentinelStage = RolesStage<SentinelServers>;

/** One process of all roles that has started its own stores, and takes them with it. */
export interface EmbeddedStage extends Stage {
  readonly ringfence: RingfenceProcess;
}

const GATE_MS = 180_000;

/** New holds and charges are refused from this age of the oldest unflushed entry on. */
export const BACKLOG_SECONDS = 30;

/** Nobody hangs up: a call ends when somebody ends it. */
const TALK_MS = 21_600_000;

/** 32 bytes: every process must be able to read what another has sealed. */
const SECRET_KEY = Buffer.alloc(32, 'chaos').toString('base64');

export const openApart = (): Promise<ApartStage> => openRoles(startServers);
export const openCluster = (): Promise<ClusterStage> => openRoles(startClusterServers);
export const openSentinels = (): Promise<SentinelStage> => openRoles(startSentinelServers);

async function openRoles<S extends Stores>(
  start: (dir: string) => Promise<S>,
): Promise<RolesStage<S>> {
  const dir = temporaryDirectory('chaos');
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    const servers = await start(dir);
    stops.push(() => servers.stop());
    const vapiPort = await laterPort();
    const inRole = (role: string) =>
      createRingfence({
        ...servers.env,
        VAPI_API_KEY,
        VAPI_BASE_URL: `http://127.0.0.1:${vapiPort}`,
        RINGFENCE_DEV: '1',
        // As under npm: a Ringfence whose starter is gone stops by itself.
        npm_lifecycle_event: 'ringfence',
        RINGFENCE_SECRET_KEY: SECRET_KEY,
        RINGFENCE_BACKLOG_MAX_AGE_SECONDS: `${BACKLOG_SECONDS}`,
        RINGFENCE_ROLE: role,
      });
    const api = await inRole('api');
    const flusher = await inRole('flusher');
    const enforcer = await inRole('enforcer');
    const vapi = await startVapi({
      port: vapiPort,
      webhookUrl: `${api.url}/webhooks/vapi`,
      apiKey: VAPI_API_KEY,
      authentication: { type: 'bearer', token: VAPI_SECRET },
      script: { queueMs: 50, ringMs: 200, talkMs: TALK_MS, processingMs: 500 },
    });
    stops.push(() => vapi.stop());
    const processes = [api, flusher, enforcer];
    stops.push(() => Promise.allSettled(processes.map((one) => one.end())));
    // The API is ready when a flusher flushes, so they wait for each other.
    await Promise.all(processes.map((one) => one.start()));
    return {
      client: api.client,
      urls: () => ({ redis: servers.env.REDIS_URL, postgres: servers.env.DATABASE_URL }),
      ready: async () => void (await Promise.all(processes.map(isOpen))),
      command: (args) => api.command(args),
      stop,
      servers,
      api,
      flusher,
      enforcer,
      vapi,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ready, and the gate of every master is open: a process is ready as soon as one of a cluster's is. */
async function isOpen(process: RingfenceProcess): Promise<void> {
  await process.ready();
  const open = async () =>
    (await process.client.get('/metrics')).text.includes('\nringfence_gate_open 1\n');
  if (!(await waitUntil(open, GATE_MS))) throw new Error(`a gate stays shut at ${process.url}`);
}

export async function openEmbedded(): Promise<EmbeddedStage> {
  const ringfence = await createRingfence();
  const stop = () => ringfence.end();
  try {
    await ringfence.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    client: ringfence.client,
    urls() {
      const file = fs.readFileSync(path.join(ringfence.dir, 'services.json'), 'utf8');
      const { redis, postgres } = JSON.parse(file) as Record<'redis' | 'postgres', { url: string }>;
      return { redis: redis.url, postgres: postgres.url };
    },
    ready: () => ringfence.ready(),
    command: (args) => ringfence.command(args),
    stop,
    ringfence,
  };
}

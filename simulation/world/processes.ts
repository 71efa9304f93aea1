/**
 * The processes of a world: Redis and Postgres, the simulated providers, and Ringfence itself: one of
 * role `all`, or one each of `api` and `flusher` with as many of role `enforcer` as are asked for.
 */
import fs from 'node:fs';
import path from 'node:path';
import { laterPort } from '../acceptance/ports.ts';
import {
  createRingfence,
  RETELL_KEY,
  type RingfenceProcess,
  temporaryDirectory,
  VAPI_SECRET,
} from '../acceptance/ringfence.ts';
import { type Servers, startServers } from '../chaos/servers.ts';
import type { ProviderName, WorldOptions } from './options.ts';
import {
  type SimulatedProvider,
  startProvider,
  TWILIO_ACCOUNT,
  TWILIO_TOKEN,
  VAPI_API_KEY,
} from './providers.ts';
import { faultsOf } from './rough.ts';

export interface WorldProcesses {
  /** Serves the API. */
  readonly api: RingfenceProcess;
  /** Those that may be killed; empty when the API's process enforces too. */
  readonly enforcers: readonly RingfenceProcess[];
  readonly providers: readonly SimulatedProvider[];
  readonly servers: Servers;
  /** Ends everything and removes its files. Never throws. */
  stop(): Promise<void>;
}

type Ports = Readonly<Record<ProviderName, number>>;

/** 32 bytes: every process of a world must be able to read what another has sealed. */
const SECRET_KEY = Buffer.alloc(32, 'simulation').toString('base64');

export async function startProcesses(options: WorldOptions): Promise<WorldProcesses> {
  const dir = temporaryDirectory('world');
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end().catch(() => undefined);
    keepLogs(dir, '', options);
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    const servers = await startServers(dir);
    stops.push(() => servers.stop());
    const ports = { vapi: await laterPort(), retell: await laterPort(), twilio: await laterPort() };
    const env = environment(servers, ports);
    const made: { role: string; process: RingfenceProcess }[] = [];
    for (const [n, role] of rolesOf(options).entries()) {
      const process = await createRingfence({ ...env, RINGFENCE_ROLE: role });
      made.push({ role, process });
      stops.push(async () => {
        await process.stop().catch(() => undefined);
        keepLogs(process.dir, `${n}-${role}-`, options);
        await process.end();
      });
    }
    const [{ process: api } = {}] = made;
    if (api === undefined) throw new Error('a world needs a Ringfence');
    const providers = await Promise.all(
      options.providers.map(async (name) => {
        const provider = await startOne(name, ports[name], api.url, dir, options);
        stops.push(() => provider.stop());
        return provider;
      }),
    );
    for (const { process } of made) await process.start();
    const enforcers = made.flatMap(({ role, process }) => (role === 'enforcer' ? [process] : []));
    return { api, enforcers, providers, servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function rolesOf({ enforcers }: WorldOptions): string[] {
  if (enforcers === 0) return ['all'];
  return ['api', 'flusher', ...Array.from({ length: enforcers }, () => 'enforcer')];
}

function startOne(
  name: ProviderName,
  port: number,
  apiUrl: string,
  dir: string,
  options: WorldOptions,
): Promise<SimulatedProvider> {
  return startProvider(name, {
    port,
    webhookUrl: `${apiUrl}/webhooks`,
    seed: options.seed,
    faults: faultsOf(name, options),
    vapiSecret: VAPI_SECRET,
    retellKey: RETELL_KEY,
    dir,
  });
}

function environment(servers: Servers, ports: Ports): Record<string, string> {
  const at = (name: ProviderName) => `http://127.0.0.1:${ports[name]}`;
  return {
    ...servers.env,
    RINGFENCE_DEV: '1',
    // As under npm: a Ringfence whose starter is gone stops by itself.
    npm_lifecycle_event: 'ringfence',
    RINGFENCE_SECRET_KEY: SECRET_KEY,
    VAPI_API_KEY,
    VAPI_BASE_URL: at('vapi'),
    RETELL_BASE_URL: at('retell'),
    TWILIO_ACCOUNT_SID: TWILIO_ACCOUNT,
    TWILIO_AUTH_TOKEN: TWILIO_TOKEN,
    TWILIO_BASE_URL: at('twilio'),
  };
}

function keepLogs(dir: string, prefix: string, { logs }: WorldOptions): void {
  if (logs === undefined) return;
  fs.mkdirSync(logs, { recursive: true });
  for (const name of fs.readdirSync(dir)) {
    if (!name.endsWith('.log')) continue;
    fs.copyFileSync(path.join(dir, name), path.join(logs, `${prefix}${name}`));
  }
}

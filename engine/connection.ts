// Redis connections. Every ioredis setting that matters for money is set here, none is left to its default.

import { Redis, type RedisOptions } from 'ioredis';
import { RequestError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 100;
/** A network that lost the connection without a word would keep it for hours: it is made anew. */
const SILENCE_MS = 8_000;

/**
 * A command that was not answered is never sent again by the client (a replay is the caller's, under
 * its key), and while Redis is away commands fail at once instead of queueing.
 */
type Options = Omit<RedisOptions, 'replyMapping'>;

const SAFE: Options = {
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SILENCE_MS,
  lazyConnect: true,
  retryStrategy: () => RECONNECT_MS,
};

/** How a connection is used: operations, blocking reads, or a recovery that must not reconnect. */
export type ConnectionUse = 'operations' | 'blocking' | 'recovery';

/**
 * A connection to one server. Opens no socket: call `connect()`.
 * Throws RequestError on a URL form that is not supported; clusters and Sentinels are for nodes/open-nodes.ts.
 */
export function createConnection(url: string, use: ConnectionUse = 'operations'): Redis {
  const options: Options = { ...SAFE, connectionName: `ringfence-${use}` };
  if (use === 'blocking') delete options.commandTimeout;
  if (use === 'recovery') options.retryStrategy = () => null;
  const redis = fromUrl(url, options);
  redis.on('error', () => undefined);
  return redis;
}

function fromUrl(url: string, options: Options): Redis {
  if (url.startsWith('unix:')) {
    return new Redis({ ...options, path: url.slice('unix:'.length).replace(/^\/\//, '') });
  }
  if (url.startsWith('redis://') || url.startsWith('rediss://')) return new Redis(url, options);
  throw new RequestError(
    'invalid_request',
    'REDIS_URL must start with redis://, rediss://, unix:, redis+sentinel:// or redis+cluster://',
    { param: 'REDIS_URL' },
  );
}

/** The URL of another server of the same installation: its replica, or another node of its cluster. */
export function urlBeside(url: string, address: string): string {
  const [, scheme = '', auth = ''] = /^([^:]+):\/\/([^@/]*@)?/.exec(url) ?? [];
  return `${scheme === 'rediss' ? 'rediss' : 'redis'}://${auth}${bracketed(address)}`;
}

/** Redis writes an IPv6 host without the brackets that a URL needs. */
function bracketed(address: string): string {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const bare = host.includes(':') && !host.startsWith('[');
  return bare ? `[${host}]${address.slice(colon)}` : address;
}

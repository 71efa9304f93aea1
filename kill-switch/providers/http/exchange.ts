/**
 * One HTTP request to a provider: bounded in time and in bytes, no redirects, and no retry that
 * could carry an order out twice. When there is no answer it says whether the request can have
 * arrived, because "never sent" and "unknown" are different news about a dial.
 */
import http, {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** From now to the last byte of the answer; a process that stood still at the end has as long again. */
  readonly timeoutMs: number;
  /**
   * The request may arrive twice without harm. It then takes a kept connection, and a new one when
   * that turns out to be dead; any other request pays for a connection of its own.
   */
  readonly repeatable: boolean;
  /** Decides which addresses a host name may stand for; for hosts that others chose. */
  readonly lookup?: LookupFunction | undefined;
  /** The text of a longer answer is cut off there; without it a very long one is no answer. */
  readonly answerBytesMax?: number | undefined;
}

export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** No whole answer came. Holds no address, header or body: it may be logged. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** False: the request certainly never left. */
  readonly sent: boolean;
  /** A kept connection was dead already. */
  readonly stale: boolean;

  constructor(why: string, sent: boolean, stale: boolean) {
    super(why);
    this.sent = sent;
    this.stale = stale;
  }
}

/** A page of calls with their transcripts is large; anything beyond this is no answer. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** A thousand calls of one wallet may have to be ended in the same moment. */
const SOCKETS_MAX = 256;
const FREE_SOCKETS_MAX = 64;
/** A timer that is later than this found its process busy or paused. */
const STOOD_STILL_MS = 50;

const kept = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: FREE_SOCKETS_MAX };
const single = { keepAlive: false, maxSockets: SOCKETS_MAX };

function agentsOf(options: http.AgentOptions) {
  const keep = options.keepAlive === true;
  return { keep, http: new http.Agent(options), https: new https.Agent(options) };
}

/** Hosts that others chose share no connection with those of the configuration. */
const POOLS = {
  kept: agentsOf(kept),
  single: agentsOf(single),
  checkedKept: agentsOf(kept),
  checkedSingle: agentsOf(single),
};

/** @throws NoAnswer when no whole answer came in time. Any status is an answer. */
export async function exchange(request: ExchangeRequest): Promise<Exchanged> {
  const { signal, met } = deadline(request.timeoutMs);
  return await exchangeUntil(request, signal).finally(met);
}

/**
 * Aborts after so long. Where this process stood still past that moment, what was answered meanwhile has
 * not been read yet: it gets as long again as it was late, and no more than once.
 */
function deadline(ms: number): { signal: AbortSignal; met: () => void } {
  const controller = new AbortController();
  const dueMs = performance.now() + ms;
  const ring = () => {
    const lateMs = Math.min(ms, performance.now() - dueMs);
    if (lateMs < STOOD_STILL_MS) return controller.abort();
    timer = setTimeout(() => controller.abort(), lateMs).unref();
  };
  let timer = setTimeout(ring, ms).unref();
  return { signal: controller.signal, met: () => clearTimeout(timer) };
}

async function exchangeUntil(request: ExchangeRequest, signal: AbortSignal): Promise<Exchanged> {
  const checked = request.lookup !== undefined;
  const single = checked ? POOLS.checkedSingle : POOLS.single;
  if (!request.repeatable) return await attempt(request, single, signal);
  try {
    return await attempt(request, checked ? POOLS.checkedKept : POOLS.kept, signal);
  } catch (error) {
    if (!(error instanceof NoAnswer) || !error.stale) throw error;
    return await attempt(request, single, signal);
  }
}

function attempt(
  request: ExchangeRequest,
  agents: ReturnType<typeof agentsOf>,
  signal: AbortSignal,
): Promise<Exchanged> {
  const { url, method, lookup } = request;
  // An agent with a limit keeps connections for who waits, unless the request itself forbids it.
  const headers = { ...request.headers, ...(agents.keep ? {} : { connection: 'close' }) };
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    let connected = false;
    let answering = false;
    const sending: ClientRequest = (secure ? https : http).request(url, {
      method,
      headers,
      signal,
      agent: secure ? agents.https : agents.http,
      ...(lookup === undefined ? {} : { lookup }),
    });
    const fail = (error: NodeJS.ErrnoException) => {
      const why = signal.aborted ? 'no answer in time' : `connection failed (${error.code ?? '-'})`;
      const stale = sending.reusedSocket && !answering && !signal.aborted;
      reject(new NoAnswer(why, connected || sending.reusedSocket, stale));
    };
    sending.on('socket', (socket) => {
      if (sending.reusedSocket) return;
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        connected = true;
      });
    });
    sending.on('error', fail);
    sending.on('response', (response) => {
      answering = true;
      read(response, request.answerBytesMax).then(resolve, fail);
    });
    sending.end(request.body);
  });
}

async function read(response: IncomingMessage, cutAt = Infinity): Promise<Exchanged> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > cutAt) {
      chunks.push(chunk.subarray(0, chunk.length - (bytes - cutAt)));
      break;
    }
    if (bytes > ANSWER_BYTES_MAX) {
      throw Object.assign(new Error('the answer is too long'), { code: 'ANSWER_TOO_LONG' });
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

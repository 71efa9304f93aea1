/**
 * A lean HTTP/1.1 client for loads: persistent connections, one request in flight on each, answers
 * with a Content-Length. It costs its process a fraction of what `fetch` or node:http does, which
 * matters where generator and server share the machine; and whoever waits for a free connection
 * waits on the caller's clock, so an open loop stays open.
 */
import net from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpClient {
  /** @param headers further header lines, each ended by CR LF */
  post(path: string, body: string, headers?: string): Promise<HttpAnswer>;
  close(): void;
}

interface Exchange {
  readonly text: string;
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/** @param connections at most; each is opened when it is first needed, and again when it was closed */
export function createHttpClient(origin: string, connections: number): HttpClient {
  const { hostname, port } = new URL(origin);
  const waiting: Exchange[] = [];
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  let closed = false;

  function begin(exchange: Exchange): void {
    const connection = idle.pop();
    if (connection !== undefined) connection.send(exchange);
    else if (all.size < connections) open().send(exchange);
    else waiting.push(exchange);
  }

  function open(): Connection {
    const connection = connect(hostname, Number(port), {
      free() {
        const next = waiting.shift();
        if (next === undefined) idle.push(connection);
        else connection.send(next);
      },
      gone() {
        all.delete(connection);
        const at = idle.indexOf(connection);
        if (at >= 0) idle.splice(at, 1);
        const next = closed ? undefined : waiting.shift();
        if (next !== undefined) begin(next);
      },
    });
    all.add(connection);
    return connection;
  }

  return {
    post(path, body, headers = '') {
      const text = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      return new Promise((resolve, reject) => begin({ text, resolve, reject }));
    },
    close() {
      closed = true;
      for (const connection of all) connection.close();
    },
  };
}

interface Connection {
  send(exchange: Exchange): void;
  close(): void;
}

interface Owner {
  /** It has been answered, and can take the next request. */
  free(): void;
  /** It is closed, by whomever, and of no more use. */
  gone(): void;
}

function connect(host: string, port: number, owner: Owner): Connection {
  const socket = net.connect({ host, port, noDelay: true });
  let current: Exchange | undefined;
  let received: Buffer = EMPTY;
  const fail = (error: Error) => {
    current?.reject(error);
    current = undefined;
    socket.destroy();
  };
  socket.on('data', (data: Buffer) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    const answer = answerIn(received);
    if (answer instanceof Error) fail(answer);
    if (answer === undefined || answer instanceof Error) return;
    received = EMPTY;
    const done = current;
    current = undefined;
    owner.free();
    done?.resolve(answer);
  });
  socket.on('error', fail);
  socket.on('close', () => {
    fail(new Error('the server closed the connection'));
    owner.gone();
  });
  return {
    send(exchange) {
      current = exchange;
      socket.write(exchange.text);
    },
    close: () => socket.destroy(),
  };
}

/** The whole answer, undefined while some of it is missing, or what is wrong with it. */
function answerIn(received: Buffer): HttpAnswer | Error | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length === undefined) return new Error(`an answer without a length: ${head}`);
  const start = headEnd + HEAD_END.length;
  const end = start + Number(length);
  if (received.length < end) return undefined;
  if (received.length > end) return new Error('more was answered than was asked');
  return { status: Number(head.slice(9, 12)), body: received.toString('utf8', start, end) };
}

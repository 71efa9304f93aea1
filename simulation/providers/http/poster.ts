import http from 'node:http';
import { loopbackUrl } from './loopback.ts';

const SOCKETS_MAX = 256;
const ANSWER_BYTES_MAX = 1_048_576;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** POSTs webhooks over kept connections to servers on this machine. */
export class Poster {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });

  /**
   * @param timeoutMs real time for the whole exchange, waiting for a free connection included.
   * @throws when there is no whole answer in time.
   */
  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<Answer> {
    loopbackUrl(url);
    const deadlineMs = Date.now() + timeoutMs;
    try {
      return await this.#once(url, headers, body, timeoutMs);
    } catch (error) {
      // A kept connection that the server closed meanwhile never carried the request.
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#once(url, headers, body, Math.max(1, deadlineMs - Date.now()));
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #once(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = http.request(url, {
        method: 'POST',
        agent: this.#agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const closed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        const stale = request.reusedSocket && closed;
        reject(stale ? new StaleConnection() : error);
      });
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= ANSWER_BYTES_MAX) chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, body: text });
        });
      });
      request.end(body);
    });
  }
}

class StaleConnection extends Error {}

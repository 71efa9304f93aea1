import type { Context } from 'hono';
import { readBody } from './json-body.ts';

/** A request as an endpoint is served from it, whoever took it from the socket. */
export interface Received {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** The query as it was sent, with its `?`. */
  readonly search: string;
  readonly headers: Headers;
  header(name: string): string | null;
  params(): Record<string, string>;
  query(): Record<string, string>;
  /** The whole body. @throws Problem body_too_large */
  body(bytesMax: number): Promise<Buffer>;
}

/** What Hono has received. */
export function receivedByHono(c: Context): Received {
  return new HonoRequest(c);
}

class HonoRequest implements Received {
  readonly #c: Context;

  constructor(c: Context) {
    this.#c = c;
  }

  get method(): string {
    return this.#c.req.method;
  }

  get path(): string {
    return this.#c.req.path;
  }

  get search(): string {
    return searchOf(this.#c.req.raw.url);
  }

  get headers(): Headers {
    return this.#c.req.raw.headers;
  }

  header(name: string): string | null {
    return this.#c.req.raw.headers.get(name);
  }

  params(): Record<string, string> {
    return this.#c.req.param();
  }

  query(): Record<string, string> {
    return this.#c.req.query();
  }

  body(bytesMax: number): Promise<Buffer> {
    return readBody(this.#c.req.raw, bytesMax);
  }
}

/** Cut out, not parsed: parsing would write some characters in another way. */
function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

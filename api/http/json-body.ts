import { isUtf8 } from 'node:buffer';
import { hasRepeatedKey } from './json-keys.ts';
import { jsonFaultPosition } from './json-position.ts';
import { Problem } from './problem.ts';

/** The largest body of an API call. */
export const API_BODY_BYTES_MAX = 1024 * 1024;
/** The largest signed webhook: an hour's transcript is several megabytes. */
export const WEBHOOK_BODY_BYTES_MAX = 16 * 1024 * 1024;

const JSON_MEDIA_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json[ \t]*(?:;|$)/i;

/**
 * Reads a request body of at most `bytesMax`, exactly as it was sent (signatures are over the raw
 * bytes). A declared length is refused before anything is read; a chunked body while it is counted.
 * @throws Problem body_too_large, and invalid_request when the connection ended before the body did
 */
export async function readBody(request: Request, bytesMax: number): Promise<Buffer> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > bytesMax) throw tooLarge(bytesMax);
  try {
    const whole =
      declared === null ? await counted(request, bytesMax) : await request.arrayBuffer();
    if (whole.byteLength > bytesMax) throw tooLarge(bytesMax);
    return Buffer.isBuffer(whole) ? whole : Buffer.from(whole);
  } catch (error) {
    throw error instanceof Problem ? error : cutOff(error);
  }
}

async function counted(request: Request, bytesMax: number): Promise<Buffer> {
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The caller went away in the middle of his body. Nobody reads the answer; it keeps the error of his
 * connection (ECONNRESET) from being taken for one of Postgres'.
 */
export function cutOff(cause: unknown): Problem {
  const message = 'The connection ended before the whole body had come.';
  return new Problem('invalid_request', message, { cause });
}

function tooLarge(bytesMax: number): Problem {
  return new Problem('body_too_large', `The body is larger than ${bytesMax} bytes.`, {
    details: { max_bytes: bytesMax },
    headers: { connection: 'close' },
  });
}

/**
 * Parses a JSON body.
 * @throws Problem unsupported_media_type, malformed_json (with the position), and invalid_request
 *   where a key is there twice (readers disagree on which one counts), or where rounding would turn
 *   what was written into another integer.
 */
export function parseJson(body: Buffer, contentType: string | null): unknown {
  if (contentType === null || !JSON_MEDIA_TYPE.test(contentType)) {
    throw new Problem('unsupported_media_type', 'Send the body as Content-Type: application/json.');
  }
  if (!isUtf8(body)) throw new Problem('malformed_json', 'The body is not UTF-8.');
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const position = jsonFaultPosition(text);
    const what = position >= text.length ? 'ends too early' : 'is not JSON';
    throw new Problem('malformed_json', `The body ${what} at position ${position}.`, {
      details: { position },
    });
  }
  refuseRoundedNumbers(text);
  if (hasRepeatedKey(text, value)) {
    throw new Problem('invalid_request', 'The body has a key twice in one object.');
  }
  return value;
}

const MAYBE_ROUNDED = /\d[\d.]{15,}/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse` reads 1.00000000000000000001 as 1. Money fields take integers only and would let
 * such a fraction pass, so it is looked for in the text; few bodies have so many digits in a row.
 * (An integer that is too large stays too large when it is rounded; the schema refuses it.)
 */
function refuseRoundedNumbers(text: string): void {
  if (!MAYBE_ROUNDED.test(text)) return;
  for (const token of text.matchAll(STRING_OR_NUMBER)) {
    const literal = token[0];
    if (literal.startsWith('"') || !literal.includes('.')) continue;
    const fraction = literal.split(/[.eE]/)[1] ?? '';
    if (/[1-9]/.test(fraction) && !/[eE]/.test(literal) && Number.isInteger(Number(literal))) {
      throw new Problem(
        'invalid_request',
        `A number has too many digits at position ${token.index}.`,
        {
          details: { position: token.index },
        },
      );
    }
  }
}

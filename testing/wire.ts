/**
 * Where one request ends and the next begins in what a client sends to Redis or Postgres.
 *
 * Redis: a command is an array of bulk strings. Postgres: messages of a type byte and a length (the
 * first one has no type); a statement is executed by `Execute` or `Query`, and what it did stands when
 * the `Sync` after it, or the `Query` itself, has been worked off.
 */

export interface Frame {
  readonly bytes: Buffer;
  /** A request as a test counts them. */
  readonly counts: boolean;
  /** The server has what it needs to finish the request. */
  readonly completes: boolean;
}

/** Takes what a client sent, in pieces of any size, and answers the frames that are whole. */
export type Splitter = (chunk: Buffer) => Frame[];

/** @param wanted which commands count, by their upper-case name and their second argument */
export function redisFrames(
  wanted: (command: string, second: string) => boolean = () => true,
): Splitter {
  return splitter((pending) => {
    const end = redisCommandEnd(pending);
    if (end === undefined) return undefined;
    const lines = pending.subarray(0, end).toString('latin1').split('\r\n', 7);
    const [, , name = '', , , , second = ''] = lines;
    const counts = wanted(name.toUpperCase(), second);
    return { bytes: pending.subarray(0, end), counts, completes: true };
  });
}

/** The length of the command at the start, undefined while it is not whole. */
function redisCommandEnd(pending: Buffer): number | undefined {
  let at = lineEnd(pending, 0);
  if (at === undefined) return undefined;
  const parts = Number(pending.subarray(1, at - 2).toString('latin1'));
  for (let part = 0; part < parts; part += 1) {
    const start: number = at;
    const after = lineEnd(pending, start);
    if (after === undefined) return undefined;
    at = after + Number(pending.subarray(start + 1, after - 2).toString('latin1')) + 2;
  }
  return at <= pending.length ? at : undefined;
}

function lineEnd(pending: Buffer, from: number): number | undefined {
  const at = pending.indexOf('\r\n', from);
  return at < 0 ? undefined : at + 2;
}

const EXECUTE = 'E'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);
const SYNC = 'S'.charCodeAt(0);

export function postgresFrames(): Splitter {
  let started = false;
  return splitter((pending) => {
    const head = started ? 1 : 0;
    if (pending.length < head + 4) return undefined;
    const end = head + pending.readInt32BE(head);
    if (pending.length < end) return undefined;
    const type = started ? (pending[0] ?? 0) : 0;
    started = true;
    return {
      bytes: pending.subarray(0, end),
      counts: type === EXECUTE || type === QUERY,
      completes: type === SYNC || type === QUERY,
    };
  });
}

function splitter(next: (pending: Buffer) => Frame | undefined): Splitter {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const frames: Frame[] = [];
    for (let frame = next(pending); frame; frame = next(pending)) {
      frames.push(frame);
      pending = pending.subarray(frame.bytes.length);
    }
    return frames;
  };
}

/** Digests and heads of the ledger, read back from the log that a Ringfence wrote. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Digest, LedgerHead, Published } from '../persistence/index.ts';
import { UsageError } from './command.ts';

const SHA256 = /^[0-9a-f]{64}$/;

/** @param file lines of JSON; those that are no digest and no head are passed over. @throws UsageError */
export async function readPublished(file: string): Promise<Published> {
  const digests: Digest[] = [];
  const heads: LedgerHead[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const said = parsed(line);
      if (said.msg === 'ledger digest') digests.push(digestOf(said));
      if (said.msg === 'ledger head') heads.push(headOf(said));
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`--digests: ${file} cannot be read`);
  }
  if (digests.length > 0 || heads.length > 0) return { digests, heads };
  throw new UsageError(`--digests: ${file} has no line "ledger digest" or "ledger head"`);
}

type Line = Readonly<Record<string, unknown>>;

function parsed(line: string): Line {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Line) : {};
  } catch {
    return {};
  }
}

function digestOf({ day, wallets, digest }: Line): Digest {
  if (typeof day === 'string' && typeof digest === 'string' && SHA256.test(digest)) {
    return { day, wallets: Number(wallets), hash: Buffer.from(digest, 'hex') };
  }
  throw new UsageError('--digests: a line "ledger digest" is damaged');
}

function headOf({ until, rows }: Line): LedgerHead {
  const at = new Date(String(until));
  if (typeof rows === 'number' && !Number.isNaN(at.getTime())) return { until: at, rows };
  throw new UsageError('--digests: a line "ledger head" is damaged');
}

/**
 * Builds that are wrong on purpose: the judge must be able to say no. Each is a change of the loaded
 * sources, made when a run begins and taken back when it ends; the product knows nothing of it. The
 * sources are as Redis is given them: keys, arguments and fields by number.
 */
import { createHash } from 'node:crypto';
import { type LoadedScript, scripts } from '../../engine/parts.ts';

export interface BrokenBuild {
  readonly name: string;
  readonly what: string;
  /** A change of one script's source. */
  readonly script?: { readonly of: LoadedScript; readonly from: string; readonly to: string };
  /** A statement of the flusher that leaves its transaction and is committed by itself. */
  readonly divert?: (statement: string) => boolean;
}

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'dropped-entry',
    what: 'a charge moves the wallet and writes no journal entry',
    script: {
      of: scripts.chargeScript,
      from: "redis.call('XADD', KEYS[2], '*', 'e', entry)",
      to: "'0-1'",
    },
  },
  {
    name: 'double-capture',
    what: 'a hold that has ended can be captured again',
    script: {
      of: scripts.captureScript,
      from: "if not (hold[1] == 'authorized' or hold[1] == 'live') then",
      to: "if hold[1] == 'voided' then",
    },
  },
  {
    name: 'wrong-sequence-after-load',
    what: 'a wallet comes from the ledger with the sequence before its last',
    script: {
      of: scripts.loadScript,
      from: "redis.call('SET', KEYS[2], ARGV[1])",
      to: `local value = cmsgpack.unpack(ARGV[1])
if type(value[1]) == 'number' then value[5] = math.max(0, value[5] - 1) end
redis.call('SET', KEYS[2], cmsgpack.pack(value))`,
    },
  },
  {
    name: 'cursor-before-rows',
    what: 'the cursor is committed before the rows it stands for',
    divert: (statement) => statement.includes('UPDATE journal_cursors AS cursor SET stream_id'),
  },
  {
    name: 'hold-leaked-on-refusal',
    what: 'an authorize that is refused for lack of money leaves what it asked for held',
    script: {
      of: scripts.authorizeScript,
      from: "    return refuse({ 'insufficient_funds',",
      to: `    wallets[i][2] = wallets[i][2] + required
    redis.call('SET', KEYS[i + 5], cmsgpack.pack(wallets[i]))
    return refuse({ 'insufficient_funds',`,
    },
  },
];

/** Loads the broken source in the place of the right one, for the whole process. @returns the way back */
export function breakScript({ name, script }: BrokenBuild): () => void {
  if (script === undefined) return () => undefined;
  const { of, from, to } = script;
  const { source, sha } = of;
  if (source.split(from).length !== 2) throw new Error(`${name}: its place is not there once`);
  const broken = source.replace(from, () => to);
  Object.assign(of, { source: broken, sha: createHash('sha1').update(broken).digest('hex') });
  return () => void Object.assign(of, { source, sha });
}

/**
 * Builds that are wrong on purpose: the judge must be able to say no. Each is a change of the loaded
 * sources, made when a run begins and taken back when it ends; the product knows nothing of it.
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
    script: { of: scripts.chargeScript, from: 'append(keys.journal, entry)', to: '' },
  },
  {
    name: 'double-capture',
    what: 'a hold that has ended can be captured again',
    script: {
      of: scripts.captureScript,
      from: "return hold[H_STATE] == 'authorized' or hold[H_STATE] == 'live'",
      to: "return hold[H_STATE] ~= 'voided'",
    },
  },
  {
    name: 'wrong-sequence-after-load',
    what: 'a wallet comes from the ledger with the sequence before its last',
    script: {
      of: scripts.loadScript,
      from: "redis.call('SET', keys.target, args.packed)",
      to: `local value = cmsgpack.unpack(args.packed)
if type(value[1]) == 'number' then value[5] = math.max(0, value[5] - 1) end
redis.call('SET', keys.target, cmsgpack.pack(value))`,
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
      from: 'local function short_of(i, required, spendable_now, wallet)',
      to: `local function short_of(i, required, spendable_now, wallet)
  wallet[W_HELD] = wallet[W_HELD] + required
  save_wallet(keys.legs[i].wallet, wallet)`,
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

// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface CommittedKeys {
  readonly committed: string;
}

export interface CommittedArgs {
  readonly streamId: string;
}

export type CommittedReply =
  | { readonly status: 'noted' };

function readCommittedReply(reply: readonly Buffer[]): CommittedReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'noted':
      return { status };
    default:
      throw unknownReply('committed', status);
  }
}

/** notes how far the ledger has committed a journal. Atomic because it is one write; with a flag, or a Redis that is full could never be trimmed again. */
export const committedScript: Script<CommittedKeys, CommittedArgs, CommittedReply> = {
  name: 'committed',
  sha: 'ba2acf20c316d8eeaba45308d4e50be2c49d8c9b',
  keys: (k) => [k.committed],
  args: (a) => [a.streamId],
  reply: readCommittedReply,
  source: `#!lua flags=allow-oom
local KEYS, ARGV = KEYS, ARGV
redis.call('SET', KEYS[1], ARGV[1])
return { 'noted' }
`,
};

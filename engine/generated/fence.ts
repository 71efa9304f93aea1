// Generated from engine/lua by `npm run generate`. Do not edit.

import { unknownReply } from '../reply.ts';
import type { Script } from '../script.ts';

export interface FenceKeys {
  readonly partition: string;
}

export type FenceArgs = Record<string, never>;

export type FenceReply =
  | { readonly status: 'standing' };

function readFenceReply(reply: readonly Buffer[]): FenceReply {
  const values = reply;
  const status = values[0]?.toString() ?? '';
  switch (status) {
    case 'standing':
      return { status };
    default:
      throw unknownReply('fence', status);
  }
}

/** says that this master's scripts were loaded by the gate and not lost since. Atomic because it touches nothing. */
export const fenceScript: Script<FenceKeys, FenceArgs, FenceReply> = {
  name: 'fence',
  sha: '34d3f0355464f8db692bbb4dbf81877ccf350685',
  keys: (k) => [k.partition],
  args: () => [],
  reply: readFenceReply,
  source: `return { 'standing' }
`,
};

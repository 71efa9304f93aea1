// Rows of a shut fence: every script refuses, and nothing is written.

import type { Command } from '../../model/command.ts';
import type { Case } from './case.ts';
import {
  call,
  capture,
  charge,
  check,
  configure,
  credit,
  due,
  expire,
  extend,
  finals,
  record,
  settle,
  start,
  transfer,
  unload,
  voided,
} from './commands.ts';
import { load } from './memory.ts';

const COMMANDS: readonly Command[] = [
  call('b'),
  start('a'),
  check('a'),
  extend('a', 1),
  capture('a', 1),
  voided('a'),
  expire('a'),
  settle('a', 1, 4),
  record('b', 1),
  charge(1),
  credit('bonus', 1),
  transfer(1),
  configure({ frozen: true }),
  due(),
  finals(),
  unload(1),
  load(0),
];

export const RECOVERING: readonly Case[] = COMMANDS.map((command) => ({
  name: `${command.verb} is refused while the gate is shut`,
  wallets: { client: { postedMicros: 1_000_000 }, other: {} },
  before: [call('a'), { fence: { open: false } }],
  command,
  blind: true,
  answer: { status: 'recovering' },
  trace: ['recovering'],
}));

// The verbs as methods: one name for the route, the method, the script and the journal.

import { type AuthorizeInput, authorize } from './authorize.ts';
import {
  type CheckInput,
  check,
  type RecordInput,
  record,
  type StartInput,
  start,
} from './call-verbs.ts';
import type { EngineContext } from './context.ts';
import {
  capture,
  type EndInput,
  type ExpireInput,
  type ExtendInput,
  expire,
  extend,
  settle,
  type VoidInput,
  voidHold,
} from './hold-verbs.ts';
import {
  type ChargeInput,
  type ConfigureInput,
  type CreditInput,
  charge,
  configure,
  credit,
  type TransferInput,
  transfer,
} from './money-verbs.ts';
import type { Recent } from './represent.ts';

export function createVerbs(context: EngineContext, recent: Recent) {
  return {
    async authorize(input: AuthorizeInput) {
      const outcome = await authorize(context, input);
      if (outcome.status === 'done' && input.kind === 'call') recent.add(input);
      return outcome;
    },
    start: (input: StartInput) => start(context, input),
    check: (input: CheckInput) => check(context, input),
    record: (input: RecordInput) => record(context, input),
    extend: (input: ExtendInput) => extend(context, input),
    async capture(input: EndInput) {
      const outcome = await capture(context, input);
      recent.forget(input.holdId);
      return outcome;
    },
    async void(input: VoidInput) {
      const outcome = await voidHold(context, input);
      recent.forget(input.holdId);
      return outcome;
    },
    expire: (input: ExpireInput) => expire(context, input),
    settle: (input: EndInput) => settle(context, input),
    charge: (input: ChargeInput) => charge(context, input),
    credit: (input: CreditInput) => credit(context, input),
    transfer: (input: TransferInput) => transfer(context, input),
    configure: (input: ConfigureInput) => configure(context, input),
  };
}

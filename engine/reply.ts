// Replies are flat lists of strings; these read one value of one, or fail loudly.

import { BugError } from './errors.ts';

export function textOf(values: readonly Buffer[], index: number): string {
  const value = values[index];
  if (value === undefined) throw new BugError(`a script's reply has no value ${index}`);
  return value.toString();
}

export function integerOf(values: readonly Buffer[], index: number): number {
  const number = Number(textOf(values, index));
  if (!Number.isSafeInteger(number)) throw new BugError(`a script's value ${index} is no integer`);
  return number;
}

export function unknownReply(script: string, status: string): BugError {
  return new BugError(`${script} answered "${status}", which its header does not list`);
}

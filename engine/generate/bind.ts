// Puts KEYS and ARGV in the places of the header's names, so that body and header cannot drift and no
// table of names is made at each call.

import { type Found, foundIn, readFound } from './found.ts';
import type { Field, Header } from './header.ts';

/** Where a name's value is: the list's n-th, or one of the k-th item of a group of `stride`. */
interface Place {
  readonly list: 'KEYS' | 'ARGV' | 'FOUND';
  readonly at: number;
  readonly stride?: number;
  readonly number: boolean;
}

const GROUPED = /\b(keys|args|found)\.(\w+)\[([^\]]+)\]\.(\w+)( or )?/g;
const COUNT = /#(keys|args)\.(\w+)/g;
const SINGLE = /\b(keys|args|found)\.(\w+)( or )?/g;

/**
 * `keys.x` and `args.x` are the script's, `found.x` what MGET read at `keys.x` when it began;
 * `keys.legs[i].wallet` and `#keys.legs` are of a group. `args.x or y` is y where the header has no x.
 */
export function bind(source: string, header: Header): string {
  const named = (text: string, of: Place | undefined, index: string, or = '') => {
    if (of !== undefined) return `${item(of, index)}${or}`;
    if (or === '') throw new Error(`${header.verb}: its header has no ${text}`);
    return `nil${or}`;
  };
  const found = foundIn(source, header);
  const place = (from: string, name: string, group?: string) =>
    from === 'found' ? placeFound(found, name, group) : placeSent(header, from, name, group);
  const bound = source
    .replace(GROUPED, (text, from, group, index, name, or) =>
      named(text, place(from, name, group), index, or),
    )
    .replace(COUNT, (text, from, group) => count(header, from, group, text))
    .replace(SINGLE, (text, from, name, or) => named(text, place(from, name), '1', or));
  const left = /^.*\b(keys|args|found)\b.*$/m.exec(bound)?.[0];
  if (left !== undefined)
    throw new Error(`${header.verb}: "${left.trim()}" is not a name of the header`);
  const read = readFound(found, header);
  const head = `${localLists(`${read}${bound}`)}${read}`;
  return bound.replace(/^(#!.*\n)?/, (flags) => `${flags}${head}`);
}

/** A global is looked up by its name at each use; a local is there. */
function localLists(bound: string): string {
  const used = ['KEYS', 'ARGV'].filter((list) => new RegExp(`\\b${list}\\b`).test(bound));
  return used.length === 0 ? '' : `local ${used.join(', ')} = ${used.join(', ')}\n`;
}

function placeFound(found: Found, name: string, group?: string): Place | undefined {
  const { keys, group: own, ofItem } = found;
  const index = group === undefined ? keys.indexOf(name) : -1;
  if (index >= 0) return { list: 'FOUND', at: index + 1, number: false };
  if (group === undefined || group !== own || name !== ofItem) return undefined;
  return { list: 'FOUND', at: keys.length + 1, stride: 1, number: false };
}

function placeSent(header: Header, from: string, name: string, group?: string): Place | undefined {
  const isArg = from === 'args';
  const list = isArg ? 'ARGV' : 'KEYS';
  const fields: readonly Field[] = isArg ? header.args : header.keys.map(asText);
  const items = group === undefined ? fields : groupOf(header, isArg, group);
  const index = items.findIndex((field) => field.name === name);
  const field = items[index];
  if (field === undefined) return undefined;
  const number = field.type === 'integer' || field.type === 'flag';
  if (group === undefined) return { list, at: index + 1, number };
  return { list, at: fields.length + index + 1, stride: items.length, number };
}

function groupOf(header: Header, isArg: boolean, group: string): readonly Field[] {
  if (isArg) return header.argGroup?.name === group ? header.argGroup.fields : [];
  return header.keyGroup?.name === group ? header.keyGroup.keys.map(asText) : [];
}

function asText(name: string): Field {
  return { name, type: 'text' };
}

/** The items are counted from 1. */
function item(of: Place, index: string): string {
  const { at, stride = 1 } = of;
  if (/^\d+$/.test(index)) return value(of, String(at + (Number(index) - 1) * stride));
  const shift = at - stride;
  const step = stride === 1 ? index : `${index} * ${stride}`;
  return value(of, shift === 0 ? step : `${step} + ${shift}`);
}

function value({ list, number }: Place, index: string): string {
  // Lua's arithmetic reads the number of a text for a part of what tonumber costs.
  return number ? `(${list}[${index}] + 0)` : `${list}[${index}]`;
}

function count(header: Header, from: string, group: string, text: string): string {
  const isArg = from === 'args';
  const stride = groupOf(header, isArg, group).length;
  if (stride === 0) throw new Error(`${header.verb}: its header has no ${text}`);
  const others = isArg ? header.args.length : header.keys.length;
  return `((#${isArg ? 'ARGV' : 'KEYS'} - ${others}) / ${stride})`;
}

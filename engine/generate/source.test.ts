/** What is made of a script's text before Redis is given it: the same meaning for less at each call. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bind } from './bind.ts';
import { parseHeader } from './header.ts';
import { inlineCalls } from './inline-calls.ts';
import { parseLayouts } from './layouts.ts';
import { shrink } from './shrink.ts';
import { countLoops } from './source.ts';

const HEADER = parseHeader(
  'pay.lua',
  `--[[
pay: pays. Atomic because it does.
Keys:
  partition, journal
  legs[]: wallet, final
Args:
  id text, at_ms integer
  legs[]: role text, amount_micros integer
Returns:
  done
Emits: none
Upholds: I1
]]
`,
);

describe('names of the header', () => {
  it.each([
    ['keys.journal', 'KEYS[2]'],
    ['args.id', 'ARGV[1]'],
    ['args.at_ms', '(ARGV[2] + 0)'],
    ['keys.legs[1].final', 'KEYS[4]'],
    ['keys.legs[i].wallet', 'KEYS[i * 2 + 1]'],
    ['args.legs[i].amount_micros', '(ARGV[i * 2 + 2] + 0)'],
    ['#keys.legs', '((#KEYS - 2) / 2)'],
    ["args.memo or '{}'", "nil or '{}'"],
    ["args.id or '{}'", "ARGV[1] or '{}'"],
  ])('%s is %s', (name, place) => {
    const lines = bind(`return ${name}`, HEADER).split('\n');
    expect(lines.at(-1)).toBe(`return ${place}`);
  });

  it('looks the lists up once', () => {
    expect(bind('return keys.journal, args.id, args.id', HEADER)).toBe(
      'local KEYS, ARGV = KEYS, ARGV\nreturn KEYS[2], ARGV[1], ARGV[1]',
    );
    expect(bind('return args.id', HEADER)).toBe('local ARGV = ARGV\nreturn ARGV[1]');
  });

  it('reads what is found at once, and nothing else, behind the flags of the script', () => {
    expect(bind('#!lua flags=allow-oom\nreturn found.partition', HEADER)).toBe(
      `#!lua flags=allow-oom
local KEYS = KEYS
local FOUND = redis.call('MGET', KEYS[1])
return FOUND[1]`,
    );
    expect(
      bind('return found.partition, found.legs[2].wallet, found.legs[i].wallet', HEADER),
    ).toBe(`local KEYS = KEYS
local FOUND
if #KEYS == 4 then
  FOUND = redis.call('MGET', KEYS[1], KEYS[3])
else
  local names = { KEYS[1] }
  for i = 3, #KEYS, 2 do names[#names + 1] = KEYS[i] end
  FOUND = redis.call('MGET', unpack(names))
end
return FOUND[1], FOUND[3], FOUND[i + 1]`);
  });

  it('refuses two keys of an item, of which one is read', () => {
    expect(() => bind('return found.legs[1].wallet, found.legs[1].final', HEADER)).toThrow(
      /^pay: /,
    );
  });

  it.each([
    'keys.hold',
    'args.memo',
    'found.hold',
    'keys.legs[i].due',
    '#args.parts',
    'pack(args)',
  ])('refuses %s, which the header does not have', (name) => {
    expect(() => bind(`return ${name}`, HEADER)).toThrow(/^pay: /);
  });
});

describe('values whose fields are read behind their head', () => {
  const fieldsOf = (name: string) => {
    const file = join(import.meta.dirname, '../lua/lib', name);
    return parseLayouts(name, readFileSync(file, 'utf8')).at(-1)?.fields.length ?? 0;
  };

  it.each(['layout_wallet.lua', 'layout_partition.lua'])('%s has one byte of it', (name) => {
    expect(fieldsOf(name)).toBeLessThanOrEqual(15);
  });

  it('a hold has three', () => {
    expect(fieldsOf('layout_hold.lua')).toBeGreaterThan(15);
  });
});

describe('loops', () => {
  it.each([
    [
      'for i, leg in ipairs(hold[H_LEGS]) do',
      'for i = 1, #hold[H_LEGS] do local leg = hold[H_LEGS][i]',
    ],
    ['for _, leg in ipairs(legs) do', 'for at = 1, #legs do local leg = legs[at]'],
    ['for _, id in ipairs(redis.call(x)) do', 'for _, id in ipairs(redis.call(x)) do'],
  ])('%s is %s', (loop, counted) => {
    expect(countLoops(loop)).toBe(counted);
  });
});

describe('constants and functions', () => {
  it('puts constants in their places and leaves out what nothing calls', () => {
    const source = `local W_HELD = 2 -- heldMicros: micros; held
local function held(wallet)
  return wallet[W_HELD]
end
local function twice(wallet)
  return held(wallet) * 2
end
local function once(wallet)
  return wallet[W_HELD] + 1
end
return once(W)`;
    expect(shrink(source)).toBe(`local function once(wallet)
  return wallet[2] + 1
end
return once(W)
`);
  });

  it('puts an expression where it is called, those that call others as well', () => {
    const source = `local function available(wallet)
  return wallet[1] - wallet[2]
end
local function spendable(wallet)
  return available(wallet) - wallet[3]
end
return spendable(wallets[i])`;
    expect(shrink(inlineCalls(source))).toBe(
      'return ((wallets[i][1] - wallets[i][2]) - wallets[i][3])\n',
    );
  });

  it('puts a statement where it is one', () => {
    const source = `local function say(word)
  return redis.call('ECHO', word)
end
local function put(key, value)
  writes[#writes + 1], writes[#writes + 2] = key, value
end
local function greet()
  put(keys[1], say('hi'))
  say('you')
  if late then put(a, b) end
end
greet()`;
    expect(inlineCalls(source).split('\n').slice(6)).toEqual([
      'local function greet()',
      "  writes[#writes + 1], writes[#writes + 2] = keys[1], ((redis.call('ECHO', ('hi'))))",
      "  redis.call('ECHO', ('you'))",
      '  if late then put(a, b) end',
      'end',
      'greet()',
    ]);
  });

  it('keeps a statement whose value nothing takes', () => {
    const source = `local function total(wallet)
  return wallet[1] + wallet[2]
end
total(wallet)`;
    expect(inlineCalls(source)).toBe(source);
  });

  it('keeps a call whose argument would be evaluated twice, and a function used as a value', () => {
    const source = `local function in_range(number)
  return number <= 9 and number >= -9
end
return in_range(next_number()), in_range(a), in_range`;
    expect(inlineCalls(source)).toContain(
      'return in_range(next_number()), (a <= 9 and a >= -9), in_range',
    );
  });

  it.each([
    ['math.max(0, now - since)', '(0 > (now - since) and 0 or (now - since))'],
    ['math.min(legs[i][3], a)', '(legs[i][3] < a and legs[i][3] or a)'],
    ['math.max(0, next_number())', 'math.max(0, next_number())'],
    ['math.max(a and b or c, 0)', 'math.max(a and b or c, 0)'],
    ['math.min(1, 2, 3)', 'math.min(1, 2, 3)'],
  ])('%s is %s', (call, expression) => {
    expect(inlineCalls(`return ${call}`)).toBe(`return ${expression}`);
  });
});

/** A function that is called once is where it is called, and leaves there what it returned. */
import { describe, expect, it } from 'vitest';
import { inlineOnce } from './inline-once.ts';

describe('a function that is called once', () => {
  it('leaves its block where it would return, with its values', () => {
    const source = `local function half(n, least)
  if n < least then return nil, 'small' end
  local part = n / 2
  return part
end
local n, why = half(found, 2)
return n
`;
    expect(inlineOnce(source)).toBe(`local half_1, half_2
repeat
  local n, least = found, 2
  if n < least then half_1, half_2 = nil, 'small' break end
  local part = n / 2
  half_1, half_2 = part
until true
local n, why = half_1, half_2
return n
`);
  });

  it('returns for its caller where that returns what it does, from a loop too', () => {
    const source = `local function first(list)
  for i = 1, #list do
    if list[i] > 0 then return list[i] end
  end
end
return first(items)
`;
    expect(inlineOnce(source)).toBe(`do
  local list = items
  for i = 1, #list do
    if list[i] > 0 then return list[i] end
  end
end
`);
  });

  it('is a plain block as a statement, and in the function of its caller', () => {
    const source = `local function put(key, value)
  local n = #writes
  writes[n + 1] = value
end
local function save(list)
  for i = 1, #list do
    put(i, pack(list[i]))
  end
  return #list
end
return save(a) + save(b)
`;
    expect(inlineOnce(source)).toBe(`local function save(list)
  for i = 1, #list do
    do
      local key, value = i, pack(list[i])
      local n = #writes
      writes[n + 1] = value
    end
  end
  return #list
end
return save(a) + save(b)
`);
  });

  it('takes values of several lines', () => {
    const source = `local function fits(a)
  return a > 1
    and a < 5
end
list[#list + 1] = fits(x)
`;
    expect(inlineOnce(source)).toBe(`local fits_1
do
  local a = x
  fits_1 = a > 1
    and a < 5
end
list[#list + 1] = fits_1
`);
  });
});

describe('a function stays one', () => {
  it.each([
    ['that is called twice', 'local x = f(1)\nlocal y = f(2)\n'],
    ['that is called within an expression', 'return f(1) + 2\n'],
    ['that is a value', 'local g = f\nreturn g(1)\n'],
    ['whose loop returns to a caller that goes on', 'local x = f(1)\nreturn x\n'],
  ])('%s', (_, calls) => {
    const source = `local function f(n)
  for i = 1, n do
    if i > 3 then return i end
  end
end
${calls}`;
    expect(inlineOnce(source)).toBe(source);
  });

  it('where a name means another thing', () => {
    const source = `local rate = 5
local function price(n)
  return n * rate
end
local function charge(rate)
  local cost = price(2)
  return cost + rate
end
return charge(1) + charge(2)
`;
    expect(inlineOnce(source)).toBe(source);
    expect(inlineOnce(source.replace('charge(rate)', 'charge(other)'))).toContain('n * rate');
    expect(inlineOnce(source.replace('charge(rate)', 'charge(other)'))).not.toContain('price(2)');
  });

  it('where a name of the script means another thing by then', () => {
    const source = `local rate = 5
local function price(n)
  return n * rate
end
local rate = 6
local cost = price(2)
return cost + rate
`;
    expect(inlineOnce(source)).toBe(source);
  });
});

// Puts a function that is called once in the place of its call. Redis makes each function of a script anew
// at each call of it and forgets it again; that costs more than most of them do.
//
// `local x = f(a)` becomes `local x`, then a block that is left where f would return:
//   repeat
//     local p = a
//     if p == nil then x = 0 break end
//     x = p + 1
//   until true

import { returnsOf } from './returns.ts';

const DEFINITION = /^local function (\w+)\(([\w, ]*)\)\n([\s\S]*?)\nend\n/gm;

interface Once {
  readonly name: string;
  readonly parameters: string;
  readonly body: string;
  /** Where its definition is. */
  readonly from: number;
  readonly to: number;
}

interface Call {
  readonly from: number;
  readonly to: number;
  readonly indent: string;
  /** `local a, b = `, `list[i] = `, `return ` or nothing. */
  readonly takes: string;
  readonly args: string;
}

/** The same script; what cannot be told from its lines stays a function. */
export function inlineOnce(source: string): string {
  for (const match of source.matchAll(DEFINITION)) {
    const [text, name = '', parameters = '', body = ''] = match;
    const once = { name, parameters, body, from: match.index, to: match.index + text.length };
    const call = onlyCall(source, once);
    if (call === undefined || namesClash(source, once, call)) continue;
    const block = blockOf(once, call);
    if (block === undefined) continue;
    const between = source.slice(once.to, call.from);
    return inlineOnce(source.slice(0, once.from) + between + block + source.slice(call.to));
  }
  return source;
}

/** Undefined unless the name is there once behind its definition, as a statement of whole lines. */
function onlyCall(source: string, { name, to }: Once): Call | undefined {
  const rest = source.slice(to);
  if (rest.match(new RegExp(`(?<!')\\b${name}\\b`, 'g'))?.length !== 1) return undefined;
  const statement = new RegExp(
    `^( *)(local [\\w, ]+ = |[\\w.[\\]# +]+ = |return |)${name}\\(((?:[^()]|\\([^()]*\\))*)\\)$`,
    'm',
  );
  const [text, indent = '', takes = '', args = ''] = statement.exec(rest) ?? [];
  if (text === undefined) return undefined;
  const from = to + rest.search(statement);
  return { from, to: from + text.length, indent, takes, args };
}

/** A name that the function knows from outside may mean another thing where it is called. */
function namesClash(source: string, once: Once, call: Call): boolean {
  const outside = declaredIn(source.slice(0, once.from).replace(/^ .*$/gm, ''));
  const own = declaredIn(`local ${once.parameters}\n${once.body}`);
  const free = [...outside].filter(
    (name) => !own.has(name) && new RegExp(`\\b${name}\\b`).test(once.body),
  );
  const there = source.slice(once.to, call.from);
  // The lines between, without those of other functions, unless the call is in one of them.
  const caller = call.indent === '' ? there.replace(DEFINITION, '') : lastFunction(there);
  const declared = declaredIn(caller);
  return free.some((name) => declared.has(name));
}

function lastFunction(text: string): string {
  const start = text.lastIndexOf('\nlocal function ');
  const inside = start >= 0 && !/^end$/m.test(text.slice(start));
  if (inside) return text.slice(start);
  return text.startsWith('local function') && !/^end$/m.test(text)
    ? text
    : text.replace(DEFINITION, '');
}

function declaredIn(text: string): Set<string> {
  const lists = [
    ...text.matchAll(/\blocal (?!function)([\w, ]+)/g),
    ...text.matchAll(/\bfor ([\w, ]+) (?:=|in)\b/g),
    ...text.matchAll(/\bfunction \w+\(([\w, ]*)\)/g),
    ...text.matchAll(/\blocal function (\w+)/g),
  ];
  return new Set(lists.flatMap(([, names = '']) => names.split(',').map((name) => name.trim())));
}

function blockOf({ name, parameters, body }: Once, call: Call): string | undefined {
  const { indent, takes, args } = call;
  const bound = parameters === '' ? '' : `  local ${parameters} = ${args === '' ? 'nil' : args}\n`;
  const lines = (text: string) => text.replace(/^(?=.)/gm, indent);
  if (takes === 'return ') return lines(`do\n${bound}${body}\nend`);
  const targets = takes.replace(/^local | = $/g, '');
  const results = targets === '' ? [] : targets.split(', ').map((_, n) => `${name}_${n + 1}`);
  const returns = returnsOf(body, results.join(', '));
  if (returns === undefined) return undefined;
  const [open, close] = returns.leaves ? ['repeat', 'until true'] : ['do', 'end'];
  const block = `${open}\n${bound}${returns.body}\n${close}`;
  if (results.length === 0) return lines(block);
  return lines(`local ${results.join(', ')}\n${block}\n${takes}${results.join(', ')}`);
}

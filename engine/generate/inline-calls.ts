// Puts functions of one line in the places of their calls: a script makes each function
// anew at each call of it, and a call of one costs more than what these do.

const ONE_LINE = /^local function (\w+)\(([\w, ]*)\)\n {2}(return )?(.+)\nend$/gm;
/** An expression that may stand alone. */
const ONE_CALL = /^[\w.]+\(.*\)$/;
const SIMPLE = /^[\w.[\]]+$/;
/** Cheap enough to be there twice: no call and no condition. */
const SUM = /^(?!.*\b(?:and|or|not)\b)[\w.[\] +*-]+$/;

interface Inlined {
  readonly name: string;
  readonly parameters: readonly string[];
  /** What it returns, or else the statement that it is. */
  readonly expression: string;
  readonly returns: boolean;
}

/** Of two numbers; a call of Lua's own functions costs ten times what these do. */
const LIBRARY: readonly Inlined[] = [
  { name: 'math.max', parameters: ['a', 'b'], expression: 'a > b and a or b', returns: true },
  { name: 'math.min', parameters: ['a', 'b'], expression: 'a < b and a or b', returns: true },
];

/** The same script, calls of such functions replaced by their line. */
export function inlineCalls(source: string): string {
  const functions = [...source.matchAll(ONE_LINE)].map(
    ([, name = '', parameters = '', returns, expression = '']): Inlined => ({
      name,
      parameters: parameters.split(', ').filter(Boolean),
      expression,
      returns: returns !== undefined,
    }),
  );
  let text = source;
  // Those that call one another are declared before their callers, so one round from the last is enough.
  for (const one of [...functions.reverse(), ...LIBRARY]) text = replaceCalls(text, one);
  return text;
}

function replaceCalls(source: string, inlined: Inlined): string {
  const call = new RegExp(`(?<!function |[.\\w])${inlined.name}\\(`, 'g');
  let text = '';
  let from = 0;
  for (let found = call.exec(source); found !== null; found = call.exec(source)) {
    const [args, end] = argumentsAt(source, call.lastIndex);
    const expression = expressionOf(inlined, args);
    const alone = isStatement(source, found.index);
    if (expression === undefined) continue;
    if (alone ? inlined.returns && !ONE_CALL.test(expression) : !inlined.returns) continue;
    text += source.slice(from, found.index) + (alone ? expression : grouped(expression));
    from = end;
    call.lastIndex = end;
  }
  return text + source.slice(from);
}

/** A call that stands alone on its line: an expression may not. */
function isStatement(source: string, at: number): boolean {
  return source.slice(source.lastIndexOf('\n', at - 1) + 1, at).trim() === '';
}

/** The arguments from `start`, behind the opening parenthesis, and where the call ends. */
function argumentsAt(source: string, start: number): [string[], number] {
  const args: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < source.length; at += 1) {
    const char = source.charAt(at);
    const closes = depth === 0 && char === ')';
    if (closes || (depth === 0 && char === ',')) {
      args.push(source.slice(from, at).trim());
      from = at + 1;
    }
    if (closes) return [args, at + 1];
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
  }
  throw new Error(`a call has no end: ${source.slice(start, start + 40)}`);
}

/** Undefined if an argument that is no mere sum would be evaluated twice, or there are too many. */
function expressionOf(
  { parameters, expression }: Inlined,
  args: readonly string[],
): string | undefined {
  const values = new Map(parameters.map((name, at) => [name, args[at] ?? 'nil']));
  const uses = (name: string) => expression.match(wordOf(name))?.length ?? 0;
  const twice = [...values].some(([name, value]) => !SUM.test(value) && uses(name) > 1);
  if (twice || args.filter(Boolean).length > parameters.length) return undefined;
  if (parameters.length === 0) return expression;
  const words = new RegExp(`(?<![.\\w'])(${parameters.join('|')})(?![\\w'])`, 'g');
  return expression.replace(words, (name) => grouped(values.get(name) ?? name));
}

function grouped(expression: string): string {
  return SIMPLE.test(expression) ? expression : `(${expression})`;
}

function wordOf(name: string): RegExp {
  return new RegExp(`\\b${name}\\b`, 'g');
}

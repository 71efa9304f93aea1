/** Wrong values for the fields of a request, from the schemas of the OpenAPI document. */

/** The part of a JSON schema that is read here. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  anyOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
}

export type Components = Record<string, Schema>;

/** A body that differs from a good one in one place. */
export interface Mutation {
  what: string;
  body: unknown;
  /** True when no schema could let it pass; otherwise only a 5xx is wrong. */
  refused: boolean;
}

/** Stands for ten thousand brackets: no serializer of ours could write them. */
const NESTED = '<ten thousand brackets>';
const BRACKETS = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;

/** One or more values of each JSON type, among them what breaks parsers, stores and arithmetic. */
const VALUES: readonly (readonly [what: string, type: string, value: unknown])[] = [
  ['null', 'null', null],
  ['true', 'boolean', true],
  ['a half', 'number', 1.5],
  ['minus one', 'number', -1],
  ['zero', 'number', 0],
  ['2^53-1', 'number', Number.MAX_SAFE_INTEGER],
  ['1e21', 'number', 1e21],
  ['the least double', 'number', 5e-324],
  ['no text', 'string', ''],
  ['a word', 'string', 'x'],
  ['digits', 'string', '12'],
  ['NUL', 'string', 'a\0b'],
  ['half a surrogate pair', 'string', 'a\ud800b'],
  ['a line break', 'string', 'a\nb'],
  ['an emoji', 'string', '\u{1f600}'],
  ['SQL', 'string', "'; drop table wallets; --"],
  ['5,000 letters', 'string', 'x'.repeat(5_000)],
  ['year 0', 'string', '0000-01-01T00:00:00Z'],
  ['year 10000', 'string', '9999-12-31T23:59:59-14:00'],
  ['an empty list', 'array', []],
  ['a list', 'array', [1]],
  ['10,000 brackets', 'array', NESTED],
  ['an empty object', 'object', {}],
  ['an object', 'object', { x: { y: 1 } }],
  ['an object with NUL', 'object', { 'a\0': 'b\0' }],
  ['an object with half a pair', 'object', { a: 'b\udfff' }],
];

/** The text of a mutated body. */
export function rawOf(body: unknown): string {
  return JSON.stringify(body).replace(JSON.stringify(NESTED), BRACKETS);
}

export const GARBAGE_TEXTS = VALUES.flatMap(([what, type, value]) =>
  type === 'string' && typeof value === 'string' && value !== '' ? [[what, value] as const] : [],
);

/** Follows a reference into the document's components. */
export function resolve(schema: Schema, components: Components): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (components[name] ?? {});
}

/** The JSON types a schema takes; empty when it does not say. `integer` counts as `number`. */
function typesOf(schema: Schema, components: Components): Set<string> {
  const { type, anyOf = [], allOf = [] } = resolve(schema, components);
  const own = type === undefined ? [] : [type].flat();
  const inner = [...anyOf, ...allOf].flatMap((one) => [...typesOf(one, components)]);
  return new Set([...own, ...inner].map((one) => (one === 'integer' ? 'number' : one)));
}

/**
 * Every wrong body: each field of each type, each required one left out, one field too many; in
 * lists of objects the same of their first.
 */
export function mutationsOf(
  schema: Schema,
  components: Components,
  base: Record<string, unknown>,
): Mutation[] {
  const { properties = {}, required = [] } = resolve(schema, components);
  const fields = Object.entries(properties).flatMap(([name, field]) => {
    const types = typesOf(field, components);
    return VALUES.map(([what, type, value]) => ({
      what: `${name} is ${what}`,
      body: { ...base, [name]: value },
      refused: types.size > 0 && !types.has(type),
    }));
  });
  const inside = Object.entries(properties).flatMap(([name, field]) => {
    const list = base[name];
    const [first]: unknown[] = Array.isArray(list) ? list : [];
    const item = resolve(field, components).items;
    if (item === undefined || typeof first !== 'object' || first === null) return [];
    return mutationsOf(item, components, { ...first }).map(({ what, body, refused }) => ({
      what: `${name}[0]: ${what}`,
      body: { ...base, [name]: [body] },
      refused,
    }));
  });
  const missing = required.map((name) => {
    const { [name]: _, ...body } = base;
    return { what: `${name} is missing`, body, refused: true };
  });
  const extra = { what: 'a field too many', body: { ...base, zz_unknown: 1 }, refused: true };
  const whole = VALUES.filter(([, type]) => type !== 'object').map(([what, , body]) => ({
    what: `the body is ${what}`,
    body,
    refused: true,
  }));
  return [...fields, ...inside, ...missing, extra, ...whole];
}

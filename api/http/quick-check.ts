/**
 * Says of most good values that they are good, in a tenth of the time that zod takes: made of the very schema
 * that documents and validates, so there is nothing to keep in step. It never says what is wrong, and never
 * decides against a value: of whatever it does not understand (a transformation, a format, a check of a new
 * kind, a value that is not plainly right) zod is asked as before.
 */
import type { z } from 'zod';

/** True: zod would accept the value, and answer the same. False: ask zod. */
export type QuickCheck = (value: unknown) => boolean;

const NEVER: QuickCheck = () => false;
const made = new WeakMap<z.core.$ZodType, QuickCheck>();

export function quickCheckOf(schema: z.core.$ZodType): QuickCheck {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const kind = kindOf(schema);
  const checks = checksOf(schema);
  const check: QuickCheck =
    kind === undefined || checks === undefined
      ? NEVER
      : (value) => kind(value) && checks.every((each) => each(value));
  made.set(schema, checks?.length === 0 && kind !== undefined ? kind : check);
  return made.get(schema) ?? check;
}

function kindOf(schema: z.core.$ZodType): QuickCheck | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if ('coerce' in def && def.coerce) return undefined;
  switch (def.type) {
    case 'string':
      // One with a format is a class of its own, with more to it.
      return 'format' in def ? undefined : (value) => typeof value === 'string';
    case 'number':
      if (!('format' in def)) return Number.isFinite;
      return def.format === 'safeint' ? Number.isSafeInteger : undefined;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'null':
      return (value) => value === null;
    case 'unknown':
      return () => true;
    case 'enum': {
      const words = new Set<unknown>(Object.values(def.entries));
      return (value) => typeof value === 'string' && words.has(value);
    }
    case 'union': {
      // Zod takes the first that fits: only among values that none of them changes is any as good.
      if (!def.options.every(isLeaf)) return undefined;
      const options = def.options.map(quickCheckOf);
      return (value) => options.some((option) => option(value));
    }
    case 'array': {
      const element = quickCheckOf(def.element);
      return (value) => Array.isArray(value) && value.every(element);
    }
    case 'record':
      return recordOf(quickCheckOf(def.keyType), quickCheckOf(def.valueType));
    case 'object':
      return objectOf(def.shape);
    default:
      return undefined;
  }
}

const LEAVES = new Set(['string', 'number', 'boolean', 'null', 'enum']);

/** A value that is accepted or refused as it is. */
function isLeaf(schema: z.core.$ZodType): boolean {
  return LEAVES.has(schema._zod.def.type) && quickCheckOf(schema) !== NEVER;
}

interface Field {
  readonly check: QuickCheck;
  readonly isOptional: boolean;
}

function objectOf(shape: Readonly<Record<string, z.core.$ZodType>>): QuickCheck {
  const fields = new Map<string, Field>(
    Object.entries(shape).map(([name, schema]) => {
      const { def } = (schema as z.core.$ZodTypes)._zod;
      const isOptional = def.type === 'optional';
      return [name, { check: quickCheckOf(isOptional ? def.innerType : schema), isOptional }];
    }),
  );
  const required = [...fields].filter(([, { isOptional }]) => !isOptional).map(([name]) => name);
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name of required) if (!Object.hasOwn(value, name)) return false;
    // What the schema does not name is for zod to refuse or to leave out.
    for (const name of Object.keys(value)) {
      if (fields.get(name)?.check(Reflect.get(value, name)) !== true) return false;
    }
    return true;
  };
}

function recordOf(key: QuickCheck, each: QuickCheck): QuickCheck {
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name of Object.keys(value)) {
      if (name === '__proto__' || !key(name) || !each(Reflect.get(value, name))) return false;
    }
    return true;
  };
}

/** As JSON.parse makes it. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** Undefined when one of them is not understood. */
function checksOf(schema: z.core.$ZodType): QuickCheck[] | undefined {
  const { checks = [] } = schema._zod.def;
  const understood = checks.map(checkOf);
  return understood.every((check) => check !== undefined) ? understood : undefined;
}

function checkOf(check: z.core.$ZodCheck<never>): QuickCheck | undefined {
  const { def } = (check as unknown as z.core.$ZodChecks)._zod;
  switch (def.check) {
    case 'min_length':
      return (value) => (value as { length: number }).length >= def.minimum;
    case 'max_length':
      return (value) => (value as { length: number }).length <= def.maximum;
    case 'greater_than': {
      const { value: least, inclusive } = def;
      return (value) =>
        inclusive ? Number(value) >= Number(least) : Number(value) > Number(least);
    }
    case 'less_than': {
      const { value: most, inclusive } = def;
      return (value) => (inclusive ? Number(value) <= Number(most) : Number(value) < Number(most));
    }
    case 'string_format':
      return formatOf(def);
    default:
      return customOf(def);
  }
}

function formatOf(def: z.core.$ZodCheckStringFormatDef): QuickCheck | undefined {
  const { pattern } = def;
  if (def.format !== 'regex' || pattern === undefined || pattern.global || pattern.sticky) {
    return undefined;
  }
  return (value) => pattern.test(String(value));
}

/** A refinement: a function of the value alone. */
function customOf(def: { readonly check: string }): QuickCheck | undefined {
  if (def.check !== 'custom' || !('fn' in def) || typeof def.fn !== 'function') return undefined;
  const { fn } = def;
  return (value) => fn(value) === true;
}

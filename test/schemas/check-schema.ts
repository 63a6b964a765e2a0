import { isPlainObject } from '../../json';
import type { JsonSchema, ObjectSchema } from './type-schemas';

/** A schema or an action of valibot, as far as the checks of the input use them. */
interface Check {
  readonly kind: string;
  readonly type: string;
  readonly [member: string]: unknown;
}

/**
 * The JSON Schema of a check of the code. A `check` of valibot is a function, which JSON Schema cannot express: its caller
 * adds a rule, or the documentation names it.
 *
 * @throws TypeError for a check that this function does not know
 */
export function toJsonSchema(check: object): JsonSchema {
  const { type, kind, pipe } = check as Check;
  if (Array.isArray(pipe)) return Object.assign({}, ...pipe.map(toPart)) as JsonSchema;
  const convert = kind === 'schema' ? SCHEMAS[type] : undefined;
  if (convert === undefined) throw new TypeError(`no JSON Schema for the ${kind} ${type}`);
  return convert(check as Check);
}

/** The JSON Schema of an object with fixed members. */
export function toObjectSchema(check: object): ObjectSchema {
  return toJsonSchema(check) as ObjectSchema;
}

const SCHEMAS: Readonly<Record<string, (check: Check) => JsonSchema>> = {
  string: () => ({ type: 'string' }),
  number: () => ({ type: 'number' }),
  boolean: () => ({ type: 'boolean' }),
  picklist: ({ options }) => ({ enum: options }),
  optional: ({ wrapped }) => toJsonSchema(wrapped as Check),
  custom: (check) => customSchema(check['check']),
  strict_object: ({ entries }) => objectSchema(entries as Readonly<Record<string, Check>>),
};

const ACTIONS: Readonly<Record<string, (requirement: unknown) => JsonSchema>> = {
  integer: () => ({ type: 'integer' }),
  min_value: (minimum) => ({ minimum }),
  max_value: (maximum) => ({ maximum }),
  non_empty: () => ({ minLength: 1 }),
  regex: (pattern) => ({ pattern: sourceOf(pattern as RegExp) }),
  check: () => ({}),
};

function toPart(part: Check): JsonSchema {
  if (part.kind === 'schema') return toJsonSchema(part);
  const convert = ACTIONS[part.type];
  if (convert === undefined) throw new TypeError(`no JSON Schema for the action ${part.type}`);
  return convert(part['requirement']);
}

/** The functions of `v.custom` that the checks use. */
function customSchema(check: unknown): JsonSchema {
  if (check === isPlainObject) return { type: 'object' };
  if (check === Array.isArray) return { type: 'array' };
  throw new TypeError('no JSON Schema for a custom check');
}

function objectSchema(entries: Readonly<Record<string, Check>>): ObjectSchema {
  const members = Object.entries(entries);
  const required = members.filter(([, { type }]) => type !== 'optional').map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, check]) => [name, toJsonSchema(check)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** JSON Schema has no flags of patterns. */
function sourceOf({ source, flags }: RegExp): string {
  if (flags !== '') throw new TypeError(`no JSON Schema for the flags of /${source}/${flags}`);
  return source;
}

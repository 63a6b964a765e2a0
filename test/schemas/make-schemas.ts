import { FAILURES, MAX_DOCUMENT_ID_BYTES } from '../../contract';
import { MAX_BATCH_WIDTH } from '../../contract/batch/batch';
import { batchInput } from '../../contract/batch/check-batch';
import { attachInput, documentInput } from '../../contract/check-input';
import { toObjectSchema } from './check-schema';
import { TypeSchemas, type JsonSchema, type ObjectSchema } from './type-schemas';

const INPUT = 'contract/input.ts';
const RESULT = 'contract/result.ts';
const FAILURE = 'contract/failures.ts';
const BATCH = 'contract/batch/batch.ts';
const SCHEDULE = 'contract/poll-schedule.ts';
const CONFIG = 'contract/extend/parse-api.ts';

/** The rules between members of `file`. */
const ONE_LOCATOR = { oneOf: ['fileUrl', 'fileId', 'source'].map((name) => ({ required: [name] })) };
/** A pattern that each URL matches which the code accepts. Blanks before a URL are ignored. */
const HTTP_URL = { pattern: '^\\s*[Hh][Tt][Tt][Pp][Ss]?:' };
const EXPONENTIAL = { properties: { backoff: { const: 'exponential' } }, required: ['backoff'] };
/** The rules between members of `polling`. */
const BACKOFF_RULES = {
  allOf: [
    { if: { required: ['factor'] }, then: EXPONENTIAL },
    { if: { required: ['scaleMs'] }, then: { not: EXPONENTIAL } },
  ],
};
const DOCUMENT_ID = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_DOCUMENT_ID_BYTES,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
};
/** Results of a batch are always stored. */
const STORED = { enum: ['stored'] };

/**
 * Makes the JSON Schemas that the package ships, by file name. Those of inputs come from the checks of the code, with the
 * docstrings of the types; those of results come from the types.
 */
export function makeSchemas(root: string): Readonly<Record<string, JsonSchema>> {
  const types = new TypeSchemas(root, [INPUT, RESULT, FAILURE, BATCH, SCHEDULE, CONFIG]);
  return { ...inputSchemas(types), ...resultSchemas(types) };
}

function inputSchemas(types: TypeSchemas): Record<string, JsonSchema> {
  const documents = {
    DocumentInput: described(types, 'DocumentInput', toObjectSchema(documentInput)),
    AttachInput: described(types, 'AttachInput', toObjectSchema(attachInput)),
  };
  const { description: id } = memberOf(types.of(BATCH, 'BatchDocument'), 'id');
  const ofBatch = ({ properties, ...schema }: ObjectSchema): ObjectSchema => {
    const { description } = memberOf({ properties }, 'result');
    const own = { id: { description: id, ...DOCUMENT_ID }, result: { description, ...STORED } };
    return { ...schema, properties: { ...properties, ...own } };
  };
  const batchDocuments = {
    DocumentInput: ofBatch(documents.DocumentInput),
    AttachInput: ofBatch(documents.AttachInput),
  };
  types.takeDefinitions();
  return {
    'parse-input': {
      ...head('ParseInput', types.of(INPUT, 'ParseInput').description),
      anyOf: refsTo(documents),
      definitions: documents,
    },
    'batch-document': {
      ...head('BatchDocument', types.of(BATCH, 'BatchDocument').description),
      anyOf: refsTo(batchDocuments),
      definitions: batchDocuments,
    },
    'batch-input': batchInputSchema(types, batchDocuments),
  };
}

function batchInputSchema(types: TypeSchemas, documents: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const type = types.of(BATCH, 'BatchInput');
  const [list, manifest] = type.anyOf as readonly ObjectSchema[];
  const schema = withDescriptions(toObjectSchema(batchInput), {
    properties: { ...list?.properties, ...manifest?.properties },
  });
  const given = schema.properties['defaults'] as ObjectSchema;
  const defaults = { ...described(types, 'DocumentInput', given), description: given['description'] };
  const { description: result } = memberOf(defaults, 'result');
  return {
    ...head('BatchInput', type.description),
    ...schema,
    properties: {
      ...schema.properties,
      documents: { ...schema.properties['documents'], minItems: 1, items: { anyOf: refsTo(documents) } },
      defaults: { ...defaults, properties: { ...defaults.properties, result: { description: result, ...STORED } } },
    },
    oneOf: [{ required: ['documents'] }, { required: ['manifest'] }],
    anyOf: [
      { required: ['submission'], properties: { submission: { enum: ['bulk'] } } },
      { properties: { width: { maximum: MAX_BATCH_WIDTH } } },
    ],
    definitions: documents,
  };
}

function resultSchemas(types: TypeSchemas): Record<string, JsonSchema> {
  types.takeDefinitions();
  const make = (title: string, file: string): JsonSchema => {
    const schema = types.of(file, title);
    return { ...head(title, schema.description), ...schema, definitions: types.takeDefinitions() };
  };
  return {
    'parse-result': make('ParseResult', RESULT),
    'parse-progress': make('ParseProgress', RESULT),
    'parse-failure': failureSchema(types),
    'batch-result': make('BatchResult', BATCH),
    'batch-progress': make('BatchProgress', BATCH),
    'batch-outcome': make('DocumentOutcome', BATCH),
  };
}

/** The schema of a failed parse: the type, the message and the only detail of its `ApplicationFailure`. */
function failureSchema(types: TypeSchemas): JsonSchema {
  const final = Object.entries(FAILURES).filter(([, { ends }]) => ends === 'final');
  return {
    ...head('ParseFailure', 'Failure of a parse: the parts of the ApplicationFailure that ends the workflow.'),
    type: 'object',
    properties: {
      type: { description: 'Type of the failure.', enum: final.map(([type]) => type).sort() },
      message: { description: 'The failure in words, for people.', type: 'string' },
      details: types.of(FAILURE, 'FailureDetails'),
    },
    required: ['type', 'message', 'details'],
    definitions: types.takeDefinitions(),
  };
}

function head(title: string, description: unknown): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    ...(description !== undefined && { description }),
  };
}

function refsTo(definitions: object): JsonSchema[] {
  return Object.keys(definitions).map((name) => ({ $ref: `#/definitions/${name}` }));
}

/** Adds the docstrings of a type of inputs, and the rules between the members of `file` and of `polling`. */
function described(types: TypeSchemas, name: string, schema: ObjectSchema): ObjectSchema {
  const { properties, ...rest } = withDescriptions(schema, types.of(INPUT, name));
  const { file, polling } = properties;
  const own = {
    ...(file !== undefined && { file: fileSchema(types, file as ObjectSchema) }),
    ...(polling !== undefined && {
      polling: { ...withDescriptions(polling as ObjectSchema, types.of(SCHEDULE, 'PollingOptions')), ...BACKOFF_RULES },
    }),
  };
  const { description } = types.of(INPUT, name);
  return { description, ...rest, properties: { ...properties, ...own } };
}

function fileSchema(types: TypeSchemas, schema: ObjectSchema): ObjectSchema {
  const kinds = ['IdFile', 'SourceFile', 'UrlFile'].map((kind) => types.of(INPUT, kind) as ObjectSchema);
  const members = Object.assign({}, ...kinds.map(({ properties }) => properties)) as ObjectSchema['properties'];
  const { properties, ...rest } = withDescriptions(schema, { properties: members });
  const fileUrl = { ...properties['fileUrl'], ...HTTP_URL };
  return { ...rest, properties: { ...properties, fileUrl }, ...ONE_LOCATOR };
}

/** Adds to each member of a schema the description that the member has in another schema. */
function withDescriptions(schema: ObjectSchema, other: JsonSchema): ObjectSchema {
  const properties = Object.entries(schema.properties).map(([name, member]) => {
    const { description } = memberOf(other, name);
    return [name, { ...(description !== undefined && { description }), ...member }];
  });
  return { ...schema, properties: Object.fromEntries(properties) as ObjectSchema['properties'] };
}

/** A member of an object, or of the first of several objects that has it. */
function memberOf(schema: JsonSchema, name: string): JsonSchema {
  const { properties, anyOf = [] } = schema as {
    properties?: ObjectSchema['properties'];
    anyOf?: readonly JsonSchema[];
  };
  const own = properties?.[name];
  if (own !== undefined) return own;
  return anyOf.map((each) => memberOf(each, name)).find((member) => Object.keys(member).length > 0) ?? {};
}

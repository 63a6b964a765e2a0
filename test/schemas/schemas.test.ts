/**
 * The shipped JSON Schemas are those of the code. An input that the schemas accept is accepted by the code, except for the
 * rules that the documentation names, and results that workflows have returned fit the schemas of results.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Ajv from 'ajv';
import fc from 'fast-check';
import { findBatchProblem, findInputProblem } from '../../contract';
import { makeSchemas } from './make-schemas';

const ROOT = join(__dirname, '../..');
const schemas = makeSchemas(ROOT);
const ajv = new Ajv({ allErrors: true });
const checks = new Map(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]));

/** The errors of a value, empty if the value fits the schema. */
function errorsOf(name: string, value: unknown): string[] {
  const check = checks.get(name);
  if (check === undefined) throw new Error(`there is no schema ${name}`);
  return check(value) === true ? [] : (check.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message}`);
}

it('the shipped files are those that npm run schemas makes', () => {
  const names = readdirSync(join(ROOT, 'schemas')).filter((name) => name.endsWith('.json'));
  const shipped = names.map((name) => [name, readFileSync(join(ROOT, 'schemas', name), 'utf8')]);
  const made = Object.entries(schemas).map(([name, schema]) => [
    `${name}.json`,
    `${JSON.stringify(schema, undefined, 2)}\n`,
  ]);
  expect(Object.fromEntries(shipped)).toEqual(Object.fromEntries(made));
});

it('the schemas have the docstrings', () => {
  const { definitions } = schemas['parse-input'] as { definitions: Record<string, { properties: object }> };
  const members = Object.values(definitions).flatMap(({ properties }) => Object.entries(properties));
  expect(members.filter(([, { description = '' }]) => description === '').map(([name]) => name)).toEqual([]);
  expect(JSON.stringify(schemas)).not.toContain('{@link');
});

/** Values for any member, most of them wrong. */
const JUNK = [null, true, false, 0, 1, -1, 0.5, 1.5, 100, 101, 1001, 1e12, '', 'x', 'a.pdf', [], ['x'], {}, { x: 1 }];
/** A member: mostly one of the given values, else any. */
const member = (...values: unknown[]) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: fc.constantFrom(...JUNK) });
/** An object with some of these members, now and then with an unknown one, or no object at all. */
const some = (members: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.record(members, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.record({ ...members, unknown: fc.constant(1) }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...JUNK) },
  );

const locators = {
  fileUrl: member('https://files.example/a.pdf', 'HTTP://files.example', 'ftp://files.example/a'),
  fileId: member('file_1'),
  source: member('file:///a.pdf', 'DB+x:7', 'file:'),
};
const fileName = member('a.pdf');
const file = fc.oneof(
  ...Object.entries(locators).map(([name, locator]) => some({ [name]: locator, fileName })),
  some({ ...locators, fileName }),
);
const polling = some({
  engine: member('timer', 'retry'),
  backoff: member('sqrt', 'exponential'),
  initialDelayMs: member(0, 2_147_483_647, 2_147_483_648),
  scaleMs: member(1, 1.5, 2_147_483_647, 2_147_483_648),
  factor: member(1, 2.5, 1000),
  maxDelayMs: member(1, 2_147_483_647),
  jitter: member(0, 0.1, 1),
  expectedDurationMs: member(1, 31_536_000_000, 31_536_000_001),
  expectWebhook: member(true, false),
});
const common = {
  polling,
  deadlineMs: member(1, 31_536_000_000, 31_536_000_001),
  result: member('inline', 'stored'),
  deleteRun: member('never', 'afterSuccess', 'always'),
  onCancel: member('leave', 'cancelRun'),
};
const submitting = {
  config: member({}, { target: 'spatial' }),
  onAmbiguousSubmit: member('resubmit', 'fail'),
  maxSubmits: member(1, 100),
  reconcileMs: member(0, 3_600_000, 3_600_001),
  metadata: member({}, { invoice: '17' }),
  dataRetention: member('zero'),
};
const attaching = { runId: member('parser_run_1', 'pr_1', 'other'), apiVersion: member('2025-04-21', '2026-02-09') };
const input = fc.oneof(
  { weight: 5, arbitrary: some({ file, ...submitting, ...common }) },
  { weight: 5, arbitrary: some({ ...attaching, ...common }) },
  { weight: 1, arbitrary: some({ file, ...attaching, ...submitting, ...common }) },
);

/** The rules that the schemas do not express. `docs/other-languages.md` names them. */
const NOT_EXPRESSED = /onCancel 'cancelRun' needs a run of version/;

describe('An input', () => {
  it('fits the schema exactly if the code accepts it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(input, (value) => {
        const problem = findInputProblem(value);
        const expected = problem === undefined || NOT_EXPRESSED.test(problem);
        accepted += expected ? 1 : 0;
        expect([errorsOf('parse-input', value).length === 0, problem]).toEqual([expected, problem]);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it.each<[string, unknown]>([
    ['a run id that no request can name', { runId: '..' }],
    ['a URL without a host', { file: { fileUrl: 'https://' } }],
    [
      'a config of 101 levels',
      { file: { fileId: 'f' }, config: JSON.parse('{"a":'.repeat(101) + '1' + '}'.repeat(101)) },
    ],
    ['the reserved member of metadata', { file: { fileId: 'f' }, metadata: { temporal: 1 } }],
    ['a run that its version cannot cancel', { runId: 'parser_run_1', onCancel: 'cancelRun' }],
  ])('is refused by the code only: %s', (_name, value) => {
    expect(findInputProblem(value)).not.toBeUndefined();
    expect(errorsOf('parse-input', value)).toEqual([]);
  });
});

describe('An input of a batch', () => {
  const id = member('a', 'x'.repeat(200), 'a\nb', 'x'.repeat(201));
  const stored = { ...common, result: member('stored') };
  const document = fc.oneof(some({ id, file, ...submitting, ...stored }), some({ id, ...attaching, ...stored }));
  const rest = {
    defaults: some({ ...submitting, ...stored }),
    submission: member('each', 'bulk'),
    width: member(1, 500, 500, 501, 10_000, 10_001),
    onBadLine: member('skip', 'fail'),
    stopAfterFailures: member(1, 100_000, 100_001),
    onCancel: member('cancel', 'abandon'),
    retryFailed: member(true, false),
  };
  const batch = fc.oneof(
    some({
      documents: fc.oneof(fc.array(document, { minLength: 1, maxLength: 2 }), fc.constantFrom<unknown>(...JUNK)),
      ...rest,
    }),
    some({ manifest: member('file:///batch.jsonl', 'DB+x:7', 'batch.jsonl'), ...rest }),
  );
  /** Rules between documents, or between a document and the defaults. */
  const BETWEEN = /id must be unique/;

  it('fits the schema exactly if the code accepts it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(batch, (value) => {
        const problem = findBatchProblem(value);
        const expected = problem === undefined || onlyOf(problem);
        accepted += expected ? 1 : 0;
        expect([errorsOf('batch-input', value).length === 0, problem]).toEqual([expected, problem]);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  /** Tells if a list of problems has no other than those that the schemas do not express. */
  function onlyOf(problems: string): boolean {
    return problems.split('; ').every((problem) => BETWEEN.test(problem) || NOT_EXPRESSED.test(problem));
  }

  it('has documents that are the lines of a manifest', () => {
    fc.assert(
      fc.property(document, (value) => {
        const problem = findBatchProblem({ documents: [value] });
        const expected = problem === undefined || onlyOf(problem);
        expect([errorsOf('batch-document', value).length === 0, problem]).toEqual([expected, problem]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** A recorded payload of Temporal as the value that it holds. */
const decode = ({ data }: { data: string }): unknown => JSON.parse(Buffer.from(data, 'base64').toString());

interface RecordedEvent {
  readonly workflowExecutionCompletedEventAttributes?: { readonly result: { readonly payloads: [{ data: string }] } };
  readonly workflowExecutionFailedEventAttributes?: {
    readonly failure: {
      readonly message: string;
      readonly applicationFailureInfo: { readonly type: string; readonly details: { payloads: [{ data: string }] } };
    };
  };
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType: { readonly name: string };
    readonly input: { readonly payloads: [{ data: string }] };
  };
}

describe('The histories of workflows', () => {
  const folder = join(ROOT, 'test/histories');
  // The result of a group is no part of the interface.
  const names = readdirSync(folder).filter((name) => !name.startsWith('parse-group'));
  const histories = names.map((name) => {
    const { events } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { events: RecordedEvent[] };
    return { name, events };
  });
  const resultOf = (name: string) => (name.startsWith('parse-batch') ? 'batch-result' : 'parse-result');

  it('end with results that fit the schemas', () => {
    const results = histories.flatMap(({ name, events }) => {
      const { result } = events.at(-1)?.workflowExecutionCompletedEventAttributes ?? {};
      return result === undefined ? [] : [[name, errorsOf(resultOf(name), decode(result.payloads[0]))]];
    });
    expect(results.length).toBeGreaterThan(20);
    expect(results.filter(([, errors]) => errors!.length > 0)).toEqual([]);
  });

  it('end with failures that fit the schema', () => {
    const failures = histories.flatMap(({ name, events }) => {
      const { failure } = events.at(-1)?.workflowExecutionFailedEventAttributes ?? {};
      if (failure === undefined) return [];
      const { type, details } = failure.applicationFailureInfo;
      const value = { type, message: failure.message, details: decode(details.payloads[0]) };
      return [[name, errorsOf('parse-failure', value)]];
    });
    expect(failures.length).toBeGreaterThan(8);
    expect(failures.filter(([, errors]) => errors!.length > 0)).toEqual([]);
  });

  it('have outcomes that fit the schema', () => {
    const outcomes = histories.flatMap(({ name, events }) =>
      events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
        if (scheduled?.activityType.name !== 'writeOutcomes') return [];
        const written = decode(scheduled.input.payloads[0]) as { outcomes: unknown[] };
        return written.outcomes.map((outcome) => [name, errorsOf('batch-outcome', outcome)]);
      }),
    );
    expect(outcomes.length).toBeGreaterThan(20);
    expect(outcomes.filter(([, errors]) => errors!.length > 0)).toEqual([]);
  });
});

describe('A result that is no result of this package', () => {
  it.each<[string, unknown]>([
    ['parse-result', { runId: 'pr_1', submits: 1, polls: 1, waitedMs: 1, output: { kind: 'inline' } }],
    ['parse-failure', { type: 'RateLimited', message: '', details: {} }],
    ['batch-outcome', { status: 'processed', id: 'a' }],
    ['batch-result', { total: '2' }],
    ['batch-progress', { done: 1 }],
    ['parse-progress', { phase: 'parsing' }],
  ])('does not fit %s', (name, value) => {
    expect(errorsOf(name, value)).not.toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findInputProblem } from '../../contract';

const file = { fileUrl: 'https://files.example/a.pdf' };
const MAX_TIMER = 2_147_483_647;
const YEAR = 31_536_000_000;

const WHOLE_TIMER = `must be a whole number from 0 to ${MAX_TIMER}`;
const WHOLE_TIMER_FROM_1 = `must be a whole number from 1 to ${MAX_TIMER}`;
const WHOLE_YEAR = `must be a whole number from 1 to ${YEAR}`;
const RESULT = "must be one of 'inline', 'stored'";
const DELETE = "must be one of 'never', 'afterSuccess', 'always'";
const AMBIGUOUS = "must be one of 'resubmit', 'fail'";

/** Cases: field, value, rule, and the value in the message. */
type Case = readonly [field: string, value: unknown, rule: string, shown: string];

const POLLING: readonly Case[] = [
  ['polling', null, 'must be an object', 'null'],
  ['polling', [], 'must be an object', 'an array'],
  ['polling', 'fast', 'must be an object', '"fast"'],
  ['polling.engine', 'cron', "must be one of 'timer', 'retry'", '"cron"'],
  ['polling.engine', null, "must be one of 'timer', 'retry'", 'null'],
  ['polling.backoff', 'linear', "must be one of 'sqrt', 'exponential'", '"linear"'],
  ['polling.initialDelayMs', -1, WHOLE_TIMER, '-1'],
  ['polling.initialDelayMs', 1.5, WHOLE_TIMER, '1.5'],
  ['polling.initialDelayMs', '2000', WHOLE_TIMER, '"2000"'],
  ['polling.initialDelayMs', MAX_TIMER + 1, WHOLE_TIMER, '2147483648'],
  ['polling.scaleMs', 0, `must be a number from 1 to ${MAX_TIMER}`, '0'],
  ['polling.scaleMs', MAX_TIMER + 1, `must be a number from 1 to ${MAX_TIMER}`, '2147483648'],
  ['polling.maxDelayMs', 0, WHOLE_TIMER_FROM_1, '0'],
  ['polling.maxDelayMs', Number.POSITIVE_INFINITY, WHOLE_TIMER_FROM_1, 'Infinity'],
  ['polling.jitter', -0.1, 'must be a number from 0 to 1', '-0.1'],
  ['polling.jitter', 1.1, 'must be a number from 0 to 1', '1.1'],
  ['polling.jitter', Number.NaN, 'must be a number from 0 to 1', 'NaN'],
  ['polling.jitter', true, 'must be a number from 0 to 1', 'true'],
  ['polling.expectedDurationMs', 0, WHOLE_YEAR, '0'],
  ['polling.expectedDurationMs', YEAR + 1, WHOLE_YEAR, '31536000001'],
];

const COMMON: readonly Case[] = [
  ...POLLING,
  ['deadlineMs', 0, WHOLE_YEAR, '0'],
  ['deadlineMs', 0.5, WHOLE_YEAR, '0.5'],
  ['deadlineMs', YEAR + 1, WHOLE_YEAR, '31536000001'],
  ['deadlineMs', '24h', WHOLE_YEAR, '"24h"'],
  ['deadlineMs', {}, WHOLE_YEAR, 'an empty object'],
  ['result', 'both', RESULT, '"both"'],
  ['result', null, RESULT, 'null'],
  ['deleteRun', true, DELETE, 'true'],
  ['deleteRun', 'on', DELETE, '"on"'],
];

const ONE_LOCATOR = "must have exactly one of 'fileUrl', 'fileId', 'source'";
const HTTP_URL = 'must be an absolute http: or https: URL';
const SCHEME = "must begin with a scheme, as in 'file:///…'";

const DOCUMENT: readonly Case[] = [
  ...COMMON,
  ['onAmbiguousSubmit', 'retry', AMBIGUOUS, '"retry"'],
  ['maxSubmits', 0, 'must be a whole number from 1 to 100', '0'],
  ['maxSubmits', 101, 'must be a whole number from 1 to 100', '101'],
  ['maxSubmits', 2.5, 'must be a whole number from 1 to 100', '2.5'],
  ['config', [], 'must be an object', 'an array'],
  ['config', 'markdown', 'must be an object', '"markdown"'],
  ['config', null, 'must be an object', 'null'],
  ['file', null, 'must be an object', 'null'],
  ['file', [], 'must be an object', 'an array'],
  ['file', 'a.pdf', 'must be an object', '"a.pdf"'],
  ['file', {}, ONE_LOCATOR, 'an empty object'],
  ['file', { fileName: 'a.pdf' }, ONE_LOCATOR, 'an object with fileName'],
  ['file', { fileUrl: undefined }, ONE_LOCATOR, 'an object in which fileUrl is undefined'],
  [
    'file',
    { fileId: undefined, fileName: 'a.pdf' },
    ONE_LOCATOR,
    'an object with fileName in which fileId is undefined',
  ],
  ['file', { fileUrl: 'https://h/', fileId: 'file_1' }, ONE_LOCATOR, 'an object with fileUrl, fileId'],
  ['file', { fileId: 'file_1', source: 'file:///a' }, ONE_LOCATOR, 'an object with fileId, source'],
];

const FILE: readonly Case[] = [
  ['file.fileUrl', 'a.pdf', HTTP_URL, '"a.pdf"'],
  ['file.fileUrl', '/a.pdf', HTTP_URL, '"/a.pdf"'],
  ['file.fileUrl', 'ftp://h/a.pdf', HTTP_URL, '"ftp://h/a.pdf"'],
  ['file.fileUrl', 'javascript:alert(1)', HTTP_URL, '"javascript:alert(1)"'],
  ['file.fileUrl', 7, 'must be a string', '7'],
  ['file.fileUrl', null, 'must be a string', 'null'],
  ['file.fileId', '', 'must not be empty', '""'],
  ['file.fileId', 1, 'must be a string', '1'],
  ['file.source', 'a.pdf', SCHEME, '"a.pdf"'],
  ['file.source', '/etc/passwd', SCHEME, '"/etc/passwd"'],
  ['file.source', 'file:', SCHEME, '"file:"'],
  ['file.source', ['file:///a'], 'must be a string', 'an array'],
];

/** Builds an object with the given number of levels. */
function nested(levels: number): object {
  return levels === 1 ? {} : { a: JSON.parse(`${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`) };
}

/** Builds an object that contains itself. */
function endless(): object {
  const value: Record<string, unknown> = { a: 1 };
  return Object.assign(value, { again: [value] });
}

/** Builds an input that is right except for one field, which is named by its dotted path. */
function inputWith(base: Record<string, unknown>, path: string, value: unknown): unknown {
  const [outer = '', inner] = path.split('.');
  return { ...base, [outer]: inner === undefined ? value : { [inner]: value } };
}

describe('findInputProblem', () => {
  it.each([
    ['a URL', { file }],
    ['a plain http URL in capitals', { file: { fileUrl: 'HTTP://localhost:8080/a' } }],
    ['a file id and a name', { file: { fileId: 'file_1', fileName: 'a b?.pdf' } }],
    ['a source', { file: { source: 'vault+x:whatever' } }],
    ['a configuration of 100 levels', { file, config: nested(100) }],
    ['a run id of 1,000 characters', { runId: 'r'.repeat(1_000) }],
    ['a run id of three dots', { runId: '...' }],
    ['a run id that looks like an encoded dot', { runId: '%2e%2e' }],
    ['a configuration of any shape', { file, config: { target: 'spatial', unknown: { deep: [null, 1] } } }],
    [
      'every option at its lower bound',
      {
        file,
        polling: {
          engine: 'timer',
          backoff: 'sqrt',
          initialDelayMs: 0,
          scaleMs: 1,
          maxDelayMs: 1,
          jitter: 0,
          expectedDurationMs: 1,
        },
        deadlineMs: 1,
        result: 'inline',
        onAmbiguousSubmit: 'resubmit',
        maxSubmits: 1,
        deleteRun: 'never',
      },
    ],
    [
      'every option at its upper bound',
      {
        file,
        polling: {
          engine: 'retry',
          backoff: 'exponential',
          initialDelayMs: MAX_TIMER,
          factor: 1000,
          maxDelayMs: MAX_TIMER,
          jitter: 1,
          expectedDurationMs: YEAR,
        },
        deadlineMs: YEAR,
        result: 'stored',
        onAmbiguousSubmit: 'fail',
        maxSubmits: 100,
        deleteRun: 'always',
      },
    ],
    ['a run id', { runId: 'anything' }],
    [
      'a run id with all it may have',
      { runId: 'r', polling: {}, deadlineMs: 5, result: 'stored', deleteRun: 'afterSuccess' },
    ],
  ])('accepts %s', (_name, input) => {
    expect(findInputProblem(input)).toBeUndefined();
  });

  it.each([null, undefined, 'x', 7, true, [[]], [[{ file }]]].map((input) => [input]))(
    'refuses %j, which is not an input',
    (input) => {
      const shown = Array.isArray(input) ? 'an array' : typeof input === 'string' ? `"${input}"` : String(input);
      expect(findInputProblem(input)).toBe(`input must be an object, got ${shown}`);
    },
  );

  it('requires a document or a run, not both', () => {
    expect(findInputProblem({})).toBe("input must have 'file' or 'runId', got an empty object");
    expect(findInputProblem({ fileUrl: 'https://example.com/a.pdf' })).toBe(
      "input must have 'file' or 'runId', got an object with fileUrl",
    );
    expect(findInputProblem({ file, runId: 'r' })).toBe("input must have 'file' or 'runId', not both");
  });

  it.each([...DOCUMENT, ...FILE])('refuses %s as %j', (field, value, rule, shown) => {
    expect(findInputProblem(inputWith({ file }, field, value))).toBe(`${field} ${rule}, got ${shown}`);
  });

  it.each([
    ['101 levels', nested(101)],
    ['15,000 levels', nested(15_000)],
    ['levels without end', endless()],
  ])('refuses a configuration of %s', (_title, config) => {
    expect(findInputProblem({ file, config })).toBe(
      'config must have at most 100 levels of objects and arrays, got more than 100 levels',
    );
  });

  it.each(COMMON)('refuses %s as %j beside a run id', (field, value, rule, shown) => {
    expect(findInputProblem(inputWith({ runId: 'r' }, field, value))).toBe(`${field} ${rule}, got ${shown}`);
  });

  it.each([
    ['', 'must not be empty', '""'],
    [null, 'must be a string', 'null'],
    [7, 'must be a string', '7'],
    ['.', "must not be '.' or '..'", '"."'],
    ['..', "must not be '.' or '..'", '".."'],
    ['\ud800', 'must be well-formed Unicode', '"\\ud800"'],
    ['r\n[ERROR] forged', 'must not have control or format characters', '"r [ERROR] forged"'],
    ['r\u001b[31m', 'must not have control or format characters', '"r [31m"'],
    ['r\u202efdp', 'must not have control or format characters', '"rfdp"'],
    ['r\u2028', 'must not have control or format characters', '"r "'],
    ['r'.repeat(1_001), 'must have at most 1000 characters', `"${'r'.repeat(80)}…"`],
  ])('refuses %j as run id', (runId, rule, shown) => {
    expect(findInputProblem({ runId })).toBe(`runId ${rule}, got ${shown}`);
  });

  it('refuses no run id that version 0.1.0 accepted if the limits do not apply', () => {
    expect(findInputProblem({ runId: 'r\n\u001b' }, { limits: false })).toBeUndefined();
  });

  it('requires a file name that is not empty', () => {
    expect(findInputProblem({ file: { ...file, fileName: '' } })).toBe('file.fileName must not be empty, got ""');
  });

  it.each([
    [{ file, runID: 'r' }, 'runID'],
    [{ file, retries: null }, 'retries'],
    [{ file: { ...file, fileBase64: 'x' } }, 'file.fileBase64'],
    [{ file, polling: { maxWaitMs: 1 } }, 'polling.maxWaitMs'],
    [{ runId: 'r', config: {} }, 'config'],
    [{ runId: 'r', maxSubmits: 1 }, 'maxSubmits'],
    [{ runId: 'r', onAmbiguousSubmit: 'fail' }, 'onAmbiguousSubmit'],
  ])('refuses the unknown field in %j by name', (input, name) => {
    expect(findInputProblem(input)).toBe(`${name} is not a known field`);
  });

  it('requires the right backoff for the options of a backoff', () => {
    const problem = (polling: object) => findInputProblem({ file, polling });
    expect(problem({ factor: 2 })).toBe("polling.factor needs backoff 'exponential', got 2");
    expect(problem({ backoff: 'sqrt', factor: 2 })).toBe("polling.factor needs backoff 'exponential', got 2");
    expect(problem({ backoff: 'exponential', scaleMs: 5 })).toBe("polling.scaleMs needs backoff 'sqrt', got 5");
    expect(problem({ backoff: 'exponential', factor: 0.5 })).toBe(
      'polling.factor must be a number from 1 to 1000, got 0.5',
    );
  });

  it('names every wrong field', () => {
    expect(
      findInputProblem({ file: { fileUrl: 'x' }, result: 1, polling: { engine: 2 }, more: 3 })
        ?.split('; ')
        .sort(),
    ).toEqual([
      'file.fileUrl must be an absolute http: or https: URL, got "x"',
      'more is not a known field',
      "polling.engine must be one of 'timer', 'retry', got 2",
      "result must be one of 'inline', 'stored', got 1",
    ]);
  });

  it.each([
    { file: { fileUrl: 'ftp://user:SECRET@h/a?X-Amz-Signature=SECRET' } },
    { file: { fileUrl: 'bucket.example/a.pdf?X-Amz-Signature=SECRET' } },
    { file: { fileUrl: 'ftp://h/a?filename="x" y&sig=SECRET' } },
    { file: { source: 'no-scheme?token=SECRET' } },
    { file: 'https://h/a.pdf?sig=SECRET' },
    { file, result: 'Bearer SECRET' },
    { file, result: 'sk_live_SECRET' },
    'https://h/a.pdf?sig=SECRET',
  ])('shows no secret of %j', (input) => {
    const problem = findInputProblem(input);
    expect(problem).toContain(', got ');
    expect(problem).not.toContain('SECRET');
  });

  it.each([
    ['beside the file', (name: string) => ({ file, [name]: 1 })],
    ['in the file', (name: string) => ({ file: { ...file, [name]: 1 } })],
    ['of an object that is shown', (name: string) => ({ file, result: { [name]: 1 } })],
    ['of an input without a document', (name: string) => ({ [name]: 1 })],
  ])('shows the name of a field as it shows a value: %s', (_title, inputWithName) => {
    const problem = findInputProblem(inputWithName('https://h/p\u001b[2J\u202e?sig=SECRET'));
    expect(problem).toContain('https://h/p [2J?***');
    expect(problem).not.toMatch(/SECRET|[\p{Cc}\u202e]/u);
    const ofLongName = findInputProblem(inputWithName('x'.repeat(1_060_000)));
    expect(ofLongName).toContain(`${'x'.repeat(70)}`);
    expect(ofLongName?.length).toBeLessThan(300);
  });

  it('is short if very many fields are wrong', () => {
    const names = Array.from({ length: 10 }, (_, index) => '"'.repeat(500) + String(index));
    const wrong = Object.fromEntries(names.map((name) => [name, 1]));
    const input = {
      file: wrong,
      config: [],
      polling: { ...Object.fromEntries(POLLING.map(([path]) => [path.replace('polling.', ''), wrong])), more: 1 },
      deadlineMs: wrong,
      result: wrong,
      deleteRun: wrong,
      onAmbiguousSubmit: wrong,
      maxSubmits: wrong,
    };
    const problem = findInputProblem(input);
    expect(problem?.length).toBeLessThan(4_000);
    expect(problem).toMatch(/; and \d+ more$/);
  });

  it('shows only the start of a long value', () => {
    const problem = findInputProblem({ file, result: 'x'.repeat(10_000) });
    expect(problem).toBe(`result must be one of 'inline', 'stored', got "${'x'.repeat(80)}…"`);
  });

  const locator = fc.record(
    { fileUrl: fc.webUrl(), fileId: fc.string(), source: fc.string(), fileName: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const nearly = fc.record(
    {
      file: fc.oneof(locator, fc.jsonValue()),
      runId: fc.jsonValue(),
      config: fc.jsonValue(),
      polling: fc.oneof(
        fc.record({ jitter: fc.double(), maxDelayMs: fc.integer(), factor: fc.jsonValue() }, { requiredKeys: [] }),
        fc.jsonValue(),
      ),
      deadlineMs: fc.oneof(fc.integer(), fc.jsonValue()),
      result: fc.constantFrom('inline', 'stored', 'other', null),
    },
    { requiredKeys: [] },
  );

  it('never throws, and accepts only values that JSON keeps', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything(), nearly), (input) => {
        const problem = findInputProblem(input);
        if (problem === undefined) expect(findInputProblem(JSON.parse(JSON.stringify(input)))).toBeUndefined();
        else expect(problem).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it('accepts every input that obeys the rules', () => {
    const word = fc.string({ minLength: 1 });
    const fileOf = (locator: object) =>
      fc.record({ ...locator, fileName: word }, { requiredKeys: Object.keys(locator) as never });
    const anyFile = fc.oneof(
      fileOf({ fileUrl: fc.webUrl({ withQueryParameters: true }) }),
      fileOf({ fileId: word }),
      fileOf({ source: fc.webPath().map((path) => `file://${path}/x`) }),
    );
    const right = fc.record(
      {
        file: anyFile,
        config: fc.dictionary(fc.string(), fc.jsonValue()),
        polling: fc.record(
          { jitter: fc.double({ min: 0, max: 1, noNaN: true }), initialDelayMs: fc.nat() },
          { requiredKeys: [] },
        ),
        deadlineMs: fc.integer({ min: 1, max: YEAR }),
        maxSubmits: fc.integer({ min: 1, max: 100 }),
      },
      { requiredKeys: ['file'] },
    );
    fc.assert(fc.property(right, (input) => expect(findInputProblem(input)).toBeUndefined()));
  });
});

import { describe, expect, it } from '@jest/globals';
import { findInputProblem, resolveInput, type ParseInput } from '../../contract';
import { versionOfRun } from '../../contract/run-version';

const file = { fileUrl: 'https://example.com/a.pdf' };
/** Metadata of exactly that many bytes as JSON. */
const sized = (bytes: number, letter = 'a') => {
  const room = bytes - '{"text":""}'.length;
  return { text: letter.repeat(room / Buffer.byteLength(letter)) };
};
const nested = (levels: number): unknown => (levels === 0 ? 1 : { inner: nested(levels - 1) });
const problemOf = (metadata: unknown) => findInputProblem({ file, metadata });

describe('The metadata of an input', () => {
  it.each([
    ['no member', {}],
    ['values of every type', { text: 'a', number: 1.5, flag: true, nothing: null, list: [1, [2]], object: { a: {} } }],
    ['8,000 bytes', sized(8_000)],
    ['7,999 bytes of other letters than English', sized(7_999, 'é')],
    ['tags of usage', { 'extend:usage_tags': ['team-a', 'A_1', '7'] }],
    ['no tag of usage', { 'extend:usage_tags': [] }],
    ['a member whose name contains ours', { temporalite: 1, nested: { temporal: 1 } }],
  ])('may have %s', (_, metadata) => {
    expect(problemOf(metadata)).toBeUndefined();
  });

  it.each([
    ['a text', 'customer', /metadata must be an object, got "customer"/],
    ['a list', ['a'], /metadata must be an object, got an array/],
    ['null', null, /metadata must be an object, got null/],
    ['8,001 bytes', sized(8_001), /metadata must have at most 8000 bytes as JSON, got an object with text/],
    ['8,001 bytes of other letters', sized(8_001, 'é'), /metadata must have at most 8000 bytes as JSON/],
    ['our member', { temporal: { namespace: 'mine' } }, /metadata must not have the member 'temporal'/],
    ['our member without a value', { temporal: null }, /metadata must not have the member 'temporal'/],
    ['too many levels', nested(150), /metadata must have at most 100 levels/],
    ['tags that are no list', { 'extend:usage_tags': 'team-a' }, /'extend:usage_tags' a list of tags/],
    ['a tag with a blank', { 'extend:usage_tags': ['team a'] }, /a list of tags of letters, digits, hyphens/],
    ['an empty tag', { 'extend:usage_tags': [''] }, /a list of tags/],
    ['a tag that is no text', { 'extend:usage_tags': ['a', 7] }, /a list of tags/],
    ['a value that JSON does not have', { big: 1n }, /metadata must be JSON/],
  ])('must not be or have %s', (_, metadata, message) => {
    expect(problemOf(metadata)).toMatch(message);
  });
});

describe('The fields of version 2026-02-09', () => {
  it.each<[string, unknown, RegExp | undefined]>([
    ['dataRetention zero', { file, dataRetention: 'zero' }, undefined],
    ['another dataRetention', { file, dataRetention: 'workspace_default' }, /^dataRetention must be/],
    ['onCancel leave', { file, onCancel: 'leave' }, undefined],
    ['onCancel cancelRun', { file, onCancel: 'cancelRun' }, undefined],
    ['another onCancel', { file, onCancel: true }, /^onCancel must be/],
    ['apiVersion of a document', { file, apiVersion: '2026-02-09' }, /^apiVersion is not a known field/],
    ['apiVersion of a run', { runId: 'pr_1', apiVersion: '2025-04-21' }, undefined],
    ['another apiVersion', { runId: 'pr_1', apiVersion: '2026-02-10' }, /^apiVersion must be .*2025-04-21.*2026-02-09/],
    ['metadata of a run', { runId: 'pr_1', metadata: {} }, /^metadata is not a known field/],
    ['dataRetention of a run', { runId: 'pr_1', dataRetention: 'zero' }, /^dataRetention is not a known field/],
    ['cancelRun of a new run', { runId: 'pr_1', onCancel: 'cancelRun' }, undefined],
    ['cancelRun of a run of unknown version', { runId: 'run_1', onCancel: 'cancelRun' }, undefined],
    ['cancelRun of an old run', { runId: 'parser_run_1', onCancel: 'cancelRun' }, /^onCancel 'cancelRun' needs a run/],
    [
      'cancelRun of a run that is said to be old',
      { runId: 'pr_1', apiVersion: '2025-04-21', onCancel: 'cancelRun' },
      /^onCancel 'cancelRun' needs a run of version 2026-02-09, got "pr_1" of version 2025-04-21$/,
    ],
    [
      'cancelRun of a run that is said to be new',
      { runId: 'parser_run_1', apiVersion: '2026-02-09', onCancel: 'cancelRun' },
      undefined,
    ],
    ['leave of an old run', { runId: 'parser_run_1', onCancel: 'leave' }, undefined],
  ])('are checked: %s', (_, input, message) => {
    const problem = findInputProblem(input);
    if (message === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(message);
  });

  it.each<[string, ParseInput, readonly string[] | undefined]>([
    ['none', { file }, undefined],
    ["onCancel 'leave'", { file, onCancel: 'leave' }, undefined],
    ["onCancel 'cancelRun'", { file, onCancel: 'cancelRun' }, ['onCancel']],
    ['metadata', { file, metadata: {} }, ['metadata']],
    [
      'all',
      { file, metadata: {}, dataRetention: 'zero', onCancel: 'cancelRun' },
      ['metadata', 'dataRetention', 'onCancel'],
    ],
  ])('are named for the worker, which may be of the older version: %s', (_, input, names) => {
    const { subject } = resolveInput(input);
    expect('versionedFields' in subject ? subject.versionedFields : undefined).toEqual(names);
  });
});

describe('The version of an attached run', () => {
  it.each([
    ['parser_run_1', undefined, '2025-04-21'],
    ['pr_1', undefined, '2026-02-09'],
    ['run_1', undefined, undefined],
    ['xpr_1', undefined, undefined],
    ['PR_1', undefined, undefined],
    ['parser_run_1', '2026-02-09', '2026-02-09'],
    ['pr_1', '2025-04-21', '2025-04-21'],
    ['run_1', '2026-02-09', '2026-02-09'],
  ] as const)('follows from the run id and the input: %s, %s', (runId, given, version) => {
    const input = { runId, ...(given && { apiVersion: given }) };
    expect(versionOfRun(input)).toBe(version);
    expect(resolveInput(input).subject).toEqual({ runId, apiVersion: version ?? 'worker' });
  });
});

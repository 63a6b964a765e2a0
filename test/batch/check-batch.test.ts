import { describe, expect, it } from '@jest/globals';
import { findBatchProblem, toParseInput, type BatchInput } from '../../contract';

const file = { fileUrl: 'https://example.com/a.pdf' };

describe('findBatchProblem', () => {
  it('accepts lists and manifests with every option', () => {
    const options = {
      width: 500,
      onBadLine: 'fail',
      stopAfterFailures: 1,
      onCancel: 'abandon',
      retryFailed: true,
    } as const;
    const defaults = { config: {}, polling: { engine: 'retry' }, result: 'stored', maxSubmits: 2 } as const;
    const inputs: BatchInput[] = [
      { documents: [{ file }] },
      {
        documents: [{ id: 'a', file }, { id: 'b', file, deadlineMs: 5 }, { runId: 'parser_run_1' }],
        defaults,
        ...options,
      },
      { manifest: 'file:///data/manifest.jsonl', ...options },
      { manifest: 'file:///data/manifest.jsonl', submission: 'bulk', width: 10_000 },
      { manifest: 'file:///data/manifest.jsonl', submission: 'each' },
    ];
    for (const input of inputs) expect(findBatchProblem(input)).toBeUndefined();
  });

  it.each([
    [undefined, 'input must be an object, got undefined'],
    [{}, "input must have one of 'documents', 'manifest'"],
    [{ documents: [{ file }], manifest: 'a:b' }, "input must have one of 'documents', 'manifest'"],
    [{ documents: {} }, 'documents must be an array of documents, got an empty object'],
    [{ documents: [] }, 'documents must hold at least one document, got none'],
    [{ manifest: 'list.jsonl' }, 'manifest must begin with a scheme, as in \'file:///…\', got "list.jsonl"'],
    [{ manifest: 'a:b', width: 0 }, 'width must be a whole number from 1 to 500, got 0'],
    [{ manifest: 'a:b', submission: 'bulk', width: 10_001 }, 'width must be a whole number from 1 to 10000, got 10001'],
    [{ manifest: 'a:b', submission: 'all' }, "submission must be one of 'each', 'bulk', got \"all\""],
    [{ manifest: 'a:b', width: 501 }, 'width must be a whole number from 1 to 500, got 501'],
    [{ manifest: 'a:b', stopAfterFailures: 0 }, 'stopAfterFailures must be a whole number from 1 to 100000, got 0'],
    [{ manifest: 'a:b', onBadLine: 'stop' }, "onBadLine must be one of 'skip', 'fail', got \"stop\""],
    [{ manifest: 'a:b', onCancel: 'leave' }, "onCancel must be one of 'cancel', 'abandon', got \"leave\""],
    [{ manifest: 'a:b', retryFailed: 'yes' }, 'retryFailed must be true or false, got "yes"'],
    [{ manifest: 'a:b', speed: 1 }, 'speed is not a known field'],
    [{ manifest: 'a:b', defaults: { file } }, 'defaults.file is not a known field'],
    [{ manifest: 'a:b', defaults: { result: 'inline' } }, `defaults.result must be 'stored' in a batch, got "inline"`],
    [{ documents: [{ file }, 7] }, 'documents[1]: a document must be an object, got 7'],
    [{ documents: [{ file, result: 'inline' }] }, `documents[0]: result must be 'stored' in a batch, got "inline"`],
    [{ documents: [{ file, result: null }] }, "documents[0]: result must be 'stored' in a batch, got null"],
    [{ documents: [{ runId: null }] }, 'documents[0]: runId must be a string, got null'],
    [{ documents: [{ file, id: 'a\n' }] }, 'documents[0]: id must be a string of 1 to 200 bytes'],
    [{ documents: [{ file, id: 'ü'.repeat(101) }] }, 'documents[0]: id must be a string of 1 to 200 bytes'],
    [{ documents: [{ file: {} }] }, "documents[0]: file must have exactly one of 'fileUrl', 'fileId', 'source'"],
    [{ documents: [{ file, color: 1 }] }, 'documents[0]: color is not a known field'],
    [{ documents: [{ file, id: '2' }, { file }] }, 'documents[1]: id must be unique, got "2" as in 1'],
    [{ documents: [{ file, config: { x: 'x'.repeat(32_000) } }] }, 'documents[0]: a document must have at most 32000'],
  ])('refuses wrong input %#', (input, problem) => {
    expect(findBatchProblem(input)).toContain(problem);
  });

  it('refuses a value that is nested too deeply, in any member', () => {
    const deep: unknown = JSON.parse('['.repeat(15_000) + ']'.repeat(15_000));
    const rule = 'must have at most 100 levels of objects and arrays, got more than 100 levels';
    expect(findBatchProblem({ documents: [{ file }, { file, config: { deep } }] })).toBe(
      `documents[1]: config ${rule}`,
    );
    expect(findBatchProblem({ documents: [{ file }], defaults: { config: { deep } } })).toBe(`defaults.config ${rule}`);
    expect(findBatchProblem({ documents: [{ file, deep }] })).toBe('documents[0]: deep is not a known field');
    expect(findBatchProblem({ documents: [deep] })).toBe(
      'documents[0]: a document must be an object, got more than 100 levels',
    );
    const config = JSON.parse(`${'{"a":'.repeat(99)}{}${'}'.repeat(99)}`) as object;
    expect(findBatchProblem({ documents: [{ file, config }], defaults: { config } })).toBeUndefined();
  });

  it('refuses a list that is too large for an input, and names the manifest instead', () => {
    const documents = Array.from({ length: 20_000 }, (_, n) => ({ file: { fileUrl: `https://example.com/${n}.pdf` } }));
    expect(findBatchProblem({ documents })).toMatch(
      /^documents must have at most 1000000 bytes of JSON, got \d{7} in 20000 documents: give them as a 'manifest'$/,
    );
  });

  it('lists the first ten problems and counts the others', () => {
    const problem = findBatchProblem({ documents: Array.from({ length: 15 }, () => 7) });
    expect(problem?.split('; ')).toHaveLength(11);
    expect(problem).toMatch(/documents\[9\].*; and 5 more$/);
  });

  it('is short if very many documents have long names', () => {
    const name = `https://h/p?sig=SECRET\u001b${'x'.repeat(10_000)}`;
    const problem = findBatchProblem({ documents: Array.from({ length: 30 }, () => ({ file, [name]: 1 })) });
    expect(problem).toContain('documents[0]: https://h/p?*** is not a known field; documents[1]: ');
    expect(problem).not.toMatch(/SECRET|\p{Cc}/u);
    expect(problem?.length).toBeLessThan(2_000);
    const values = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${'"'.repeat(500)}${index}`, 1]));
    const wrong = { file: values, deadlineMs: values, result: values, deleteRun: values, polling: values };
    expect(findBatchProblem({ documents: Array.from({ length: 30 }, () => wrong) })?.length).toBeLessThan(8_000);
  });
});

describe('toParseInput', () => {
  it('overrides the defaults with the values of the document, and drops its id', () => {
    const defaults = { deadlineMs: 5, config: { a: 1 } };
    expect(toParseInput({ id: 'a', file, deadlineMs: 7 }, defaults)).toEqual({
      file,
      deadlineMs: 7,
      config: { a: 1 },
      result: 'stored',
    });
  });

  it('leaves out the defaults for submits if nothing is submitted', () => {
    const defaults = { deadlineMs: 5, config: {}, onAmbiguousSubmit: 'fail', maxSubmits: 1 } as const;
    expect(toParseInput({ runId: 'r' }, defaults)).toEqual({ runId: 'r', deadlineMs: 5, result: 'stored' });
    const cancelling = { onCancel: 'cancelRun' } as const;
    const [older, newer] = [{ runId: 'parser_run_1' }, { runId: 'pr_1' }];
    expect(toParseInput(newer, cancelling)).toEqual({ ...newer, ...cancelling, result: 'stored' });
    expect(toParseInput(older, cancelling)).toEqual({ ...older, result: 'stored' });
    expect(findBatchProblem({ documents: [older, newer], defaults: cancelling })).toBeUndefined();
  });
});

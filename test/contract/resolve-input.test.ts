import { describe, expect, it } from '@jest/globals';
import { resolveInput, type DocumentInput, type ParseInput } from '../../contract';

const FILE = { fileUrl: 'https://example.com/a.pdf' };

describe('resolveInput', () => {
  it('fills in every default of a document', () => {
    expect(resolveInput({ file: FILE })).toEqual({
      subject: { file: FILE, onAmbiguousSubmit: 'resubmit', maxSubmits: 5, reconcileMs: 120_000 },
      deadlineMs: 86_400_000,
      polling: {
        engine: 'timer',
        schedule: {
          backoff: 'sqrt',
          firstDelayMs: 2000,
          baseDelayMs: 2000,
          scaleMs: 1000,
          factor: 1.5,
          maxDelayMs: 30_000,
          jitter: 0.1,
        },
      },
      result: 'inline',
      deleteRun: 'never',
    });
  });

  it('keeps what the input says', () => {
    const input: ParseInput = {
      file: FILE,
      config: { target: 'spatial' },
      onAmbiguousSubmit: 'fail',
      maxSubmits: 2,
      deadlineMs: 1000,
      result: 'stored',
      deleteRun: 'always',
      polling: { engine: 'retry', initialDelayMs: 7, jitter: 0 },
    };
    expect(resolveInput(input)).toMatchObject({
      subject: {
        file: FILE,
        config: { target: 'spatial' },
        onAmbiguousSubmit: 'fail',
        maxSubmits: 2,
        reconcileMs: 120_000,
      },
      deadlineMs: 1000,
      polling: { engine: 'retry', schedule: { firstDelayMs: 7, jitter: 0 } },
      result: 'stored',
      deleteRun: 'always',
    });
  });

  it('submits nothing for an attached run', () => {
    const attached = { runId: 'parser_run_1', apiVersion: '2025-04-21' };
    expect(resolveInput({ runId: 'parser_run_1' }).subject).toEqual(attached);
  });

  it.each<[string, ParseInput, string]>([
    ['of a run id of the older version', { runId: 'parser_run_1' }, '2025-04-21'],
    ['of a run id of the newer version', { runId: 'pr_1' }, '2026-02-09'],
    ['of the worker, for any other run id', { runId: 'run_1' }, 'worker'],
    ['of the input, whatever the run id', { runId: 'pr_1', apiVersion: '2025-04-21' }, '2025-04-21'],
  ])('polls an attached run in the version %s', (_, input, apiVersion) => {
    expect(resolveInput(input).subject).toMatchObject({ apiVersion });
  });

  it.each<[string, Omit<DocumentInput, 'file'>, readonly string[] | undefined]>([
    ['no field', { onCancel: 'leave', deleteRun: 'always' }, undefined],
    ['metadata', { metadata: {} }, ['metadata']],
    ['retention and cancellation', { dataRetention: 'zero', onCancel: 'cancelRun' }, ['dataRetention', 'onCancel']],
  ])('names the fields that need version 2026-02-09: %s', (_, fields, names) => {
    const { subject } = resolveInput({ file: FILE, ...fields });
    expect('file' in subject && subject.versionedFields).toEqual(names);
  });

  it.each<[string, ParseInput['polling'], number]>([
    ['at once without a hint', undefined, 0],
    ['at once with other options of the polls', { jitter: 0, maxDelayMs: 10 }, 0],
    ['after the initial delay', { initialDelayMs: 9 }, 9],
    ['at 0.4 of the expected duration', { expectedDurationMs: 10_000 }, 4_000],
  ])('polls an attached run %s', (_, polling, firstDelayMs) => {
    const input: ParseInput = polling === undefined ? { runId: 'r' } : { runId: 'r', polling };
    expect(resolveInput(input).polling.schedule.firstDelayMs).toBe(firstDelayMs);
  });
});

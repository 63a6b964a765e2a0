import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import type { Ending } from '../../contract';
import { endingOf, whatToCancel, whatToDelete } from '../../workflows/clean-up';
import type { AcceptedRun, ParseState } from '../../workflows/parse-state';

type Situation = Pick<ParseState, 'run' | 'submits'>;

const RUN: AcceptedRun = { runId: 'parser_run_1', status: 'PROCESSING' };
const STATE: Situation = { submits: 0 };
const ACCEPTED: Situation = { submits: 1, run: RUN };
const PROCESSED: Situation = { submits: 1, run: { ...RUN, status: 'PROCESSED' } };
const UNKNOWN: Situation = { submits: 1 };
const ofType = (type: string) => ApplicationFailure.nonRetryable('it failed', type);

describe('The ending of a document', () => {
  it.each<[string, unknown, Situation, Ending]>([
    ['failed run', ofType('ParserRunFailed'), { submits: 1, run: { ...RUN, status: 'FAILED' } }, 'failed'],
    ['cancelled while waiting', new CancelledFailure('stop'), ACCEPTED, 'cancelled'],
    ['cancelled before the submit', new CancelledFailure('stop'), STATE, 'neverAccepted'],
    ['cancelled after a submit without an answer', new CancelledFailure('stop'), UNKNOWN, 'undelivered'],
    ['overdue', ofType('ParseDeadlineExceeded'), ACCEPTED, 'overdue'],
    ['overdue while fetching', ofType('ParseDeadlineExceeded'), PROCESSED, 'undelivered'],
    ['overdue before the submit', ofType('ParseDeadlineExceeded'), STATE, 'neverAccepted'],
    ['overdue after a submit without an answer', ofType('ParseDeadlineExceeded'), UNKNOWN, 'undelivered'],
    ['refused submit', ofType('Unauthorized'), STATE, 'neverAccepted'],
    ['unknown outcome', ofType('SubmitOutcomeUnknown'), UNKNOWN, 'undelivered'],
    ['result that is too large', ofType('ResultTooLarge'), PROCESSED, 'undelivered'],
    ['store that fails', ofType('ResultStoreFailed'), PROCESSED, 'undelivered'],
    ['run that is gone', ofType('ParserRunNotFound'), ACCEPTED, 'undelivered'],
    ['no credits while waiting', ofType('OutOfCredits'), ACCEPTED, 'undelivered'],
    ['error of another kind', new Error('odd'), PROCESSED, 'undelivered'],
  ])('%s', (_, error, state, ending) => {
    expect(endingOf(error, state)).toBe(ending);
  });
});

describe('The deletion', () => {
  const ID = { runId: 'parser_run_1' };
  const FILE = { fileId: 'file_1' };

  it.each<['never' | 'afterSuccess' | 'always', Ending, boolean]>([
    ['never', 'succeeded', false],
    ['never', 'failed', false],
    ['never', 'cancelled', false],
    ['never', 'overdue', false],
    ['never', 'neverAccepted', false],
    ['never', 'undelivered', false],
    ['afterSuccess', 'succeeded', true],
    ['afterSuccess', 'failed', false],
    ['afterSuccess', 'cancelled', false],
    ['afterSuccess', 'overdue', false],
    ['afterSuccess', 'neverAccepted', false],
    ['afterSuccess', 'undelivered', false],
    ['always', 'succeeded', true],
    ['always', 'failed', true],
    ['always', 'cancelled', true],
    ['always', 'overdue', true],
    ['always', 'neverAccepted', true],
    ['always', 'undelivered', false],
  ])('with %s, %s: %s', (setting, ending, deleted) => {
    expect(whatToDelete(setting, ending, { ...ID, ...FILE })).toEqual(
      deleted ? { runId: 'parser_run_1', fileId: 'file_1' } : undefined,
    );
  });

  it('names what exists: the run, the uploaded file, or nothing', () => {
    expect(whatToDelete('always', 'succeeded', ID)).toEqual({ runId: 'parser_run_1' });
    expect(whatToDelete('always', 'neverAccepted', FILE)).toEqual({ fileId: 'file_1' });
    expect(whatToDelete('always', 'neverAccepted', {})).toBeUndefined();
  });
});

describe('The cancellation at Extend', () => {
  const NEW: AcceptedRun = { runId: 'pr_1', apiVersion: '2026-02-09', status: 'PROCESSING' };
  const OLD: AcceptedRun = { runId: 'parser_run_1', apiVersion: '2025-04-21', status: 'PROCESSING' };
  const { status: _, ...NOT_POLLED } = NEW;
  const UNKNOWN: AcceptedRun = { runId: 'run_1', apiVersion: 'worker' };

  it.each<['leave' | 'cancelRun' | undefined, string, AcceptedRun, boolean]>([
    [undefined, 'of version 2026-02-09', NEW, true],
    [undefined, 'of version 2026-02-09, not polled', NOT_POLLED, true],
    [undefined, 'with an unknown status', { ...NEW, status: 'QUEUED' }, true],
    [undefined, 'of version 2025-04-21', OLD, false],
    [undefined, 'of version 0.1.0 of this package', RUN, false],
    [undefined, 'of a version that is not known', UNKNOWN, false],
    ['cancelRun', 'of version 2026-02-09', NEW, true],
    ['cancelRun', 'of a version that is not known', UNKNOWN, true],
    ['leave', 'of version 2026-02-09', NEW, false],
    ['leave', 'of version 2025-04-21', OLD, false],
  ])('with %s, a run %s: %j is cancelled: %s', (setting, _, run, cancelled) => {
    const { runId, apiVersion } = run;
    expect(whatToCancel(setting, 'cancelled', run)).toEqual(cancelled ? { runId, apiVersion } : undefined);
  });

  it.each(['PROCESSED', 'FAILED', 'CANCELLED'])('is not needed for a run that has ended: %s', (status) => {
    expect(whatToCancel('cancelRun', 'cancelled', { ...NEW, status })).toBeUndefined();
  });

  it('is not possible without a run', () => {
    expect(whatToCancel('cancelRun', 'cancelled', undefined)).toBeUndefined();
  });

  it.each<Ending>(['succeeded', 'failed', 'overdue', 'neverAccepted', 'undelivered'])(
    'follows no other ending than a cancellation: %s',
    (ending) => {
      expect(whatToCancel('cancelRun', ending, NEW)).toBeUndefined();
    },
  );
});

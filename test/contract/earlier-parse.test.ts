/** Risk tested here: another start of a document pays again for a run that exists, or attaches to one that cannot deliver. */
import { describe, expect, it } from '@jest/globals';
import type { ParseEvent } from '../../contract';
import { toEarlierParse } from '../../contract/earlier-parse';

const started: ParseEvent = { kind: 'started', args: [{}], firstRunId: 'first' };
const IDENTITY = { firstRunId: 'first', submit: 1 };
const submit = (key = '5', identity = IDENTITY): ParseEvent => ({
  kind: 'scheduled',
  activity: 'submitParse',
  key,
  atMs: 100,
  input: { file: {}, identity },
});
const accepted = (key = '5', status = 'PROCESSING'): ParseEvent => ({
  kind: 'completed',
  key,
  atMs: 200,
  result: { runId: `pr_${key}`, apiVersion: '2026-02-09', status },
});
const scheduled = (activity: string, key: string, input: object = {}): ParseEvent => ({
  kind: 'scheduled',
  activity,
  key,
  atMs: 300,
  input,
});
const completed = (key: string, result: object | undefined): ParseEvent => ({
  kind: 'completed',
  key,
  atMs: 400,
  result,
});
const RUN = { runId: 'pr_5', apiVersion: '2026-02-09', acceptedAtMs: 200 };
const LOST = { firstRunId: 'first', submit: 1, atMs: 100 };

describe('toEarlierParse', () => {
  it.each<readonly [string, readonly ParseEvent[], object]>([
    ['nothing was submitted', [started], { submits: 0 }],
    ['the run was accepted', [started, submit(), accepted()], { submits: 1, run: RUN, lastRunId: 'pr_5' }],
    [
      'the run was polled as PROCESSED',
      [started, submit(), accepted(), scheduled('getStatus', '9'), completed('9', { status: 'PROCESSED' })],
      { submits: 1, run: RUN, lastRunId: 'pr_5' },
    ],
    [
      'the run was polled as FAILED',
      [started, submit(), accepted(), scheduled('getStatus', '9'), completed('9', { status: 'FAILED' })],
      { submits: 1, lastRunId: 'pr_5' },
    ],
    [
      'the submit was answered with FAILED',
      [started, submit(), accepted('5', 'FAILED')],
      { submits: 1, lastRunId: 'pr_5' },
    ],
    [
      'the run was cancelled at Extend',
      [started, submit(), accepted(), scheduled('cancelRun', '9'), completed('9', { status: 'CANCELLED' })],
      { submits: 1, lastRunId: 'pr_5' },
    ],
    [
      'the run was deleted',
      [started, submit(), accepted(), scheduled('deleteRun', '9', { runId: 'pr_5' }), completed('9', undefined)],
      { submits: 1, lastRunId: 'pr_5' },
    ],
    ['the submit was in flight', [started, submit()], { submits: 1, lost: [LOST] }],
    ['the submit timed out', [started, submit(), { kind: 'failed', key: '5' }], { submits: 1, lost: [LOST] }],
    [
      'no worker took the submit',
      [started, submit(), { kind: 'failed', key: '5', neverStarted: true }],
      { submits: 0 },
    ],
    ['the submit was rejected', [started, submit(), { kind: 'failed', key: '5', type: 'RateLimited' }], { submits: 0 }],
    [
      'the submit was ambiguous',
      [started, submit(), { kind: 'failed', key: '5', type: 'SubmitOutcomeUnknown' }],
      { submits: 1, lost: [LOST] },
    ],
    [
      'the id of the run could not be used',
      [started, submit(), { kind: 'failed', key: '5', type: 'ContractViolation', details: { runMayExist: true } }],
      { submits: 1, lost: [LOST] },
    ],
    [
      'the run of an ambiguous submit was found',
      [
        started,
        submit(),
        { kind: 'failed', key: '5', type: 'SubmitOutcomeUnknown' },
        scheduled('findRun', '9'),
        completed('9', { canLook: true, runs: [{ runId: 'pr_found', apiVersion: '2026-02-09', submit: 1 }] }),
      ],
      { submits: 1, run: { runId: 'pr_found', apiVersion: '2026-02-09', acceptedAtMs: 400 }, lastRunId: 'pr_found' },
    ],
    [
      'an ambiguous submit was followed by an accepted one',
      [
        started,
        submit(),
        { kind: 'failed', key: '5', type: 'SubmitOutcomeUnknown' },
        submit('7', { firstRunId: 'first', submit: 2 }),
        accepted('7'),
      ],
      { submits: 2, run: { ...RUN, runId: 'pr_7' }, lost: [LOST], lastRunId: 'pr_7' },
    ],
    [
      'it continued as new with a run',
      [
        {
          kind: 'started',
          args: [{}, { submits: 2, runId: 'pr_1', acceptedAtMs: 7, lost: [LOST] }],
          firstRunId: 'first',
        },
      ],
      { submits: 2, run: { runId: 'pr_1', acceptedAtMs: 7 }, lost: [LOST], lastRunId: 'pr_1' },
    ],
    [
      'it was itself another start',
      [{ kind: 'started', args: [{}, null, { submits: 3, run: RUN, lastRunId: 'pr_5' }], firstRunId: 'first' }],
      { submits: 3, run: RUN, lastRunId: 'pr_5' },
    ],
  ])('%s', (_title, events, expected) => {
    expect(toEarlierParse(events)).toEqual(expected);
  });
});

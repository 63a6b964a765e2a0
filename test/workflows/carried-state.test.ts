import { describe, expect, it } from '@jest/globals';
import { readCarriedState, toCarriedState, type CarriedState } from '../../workflows/carried-state';
import { Clock } from '../../workflows/clock';
import { recordedHistories } from './recorded-histories';

const WAKE = { pending: true, lastWokenMs: 1_700_000_000_500 };
/** A state as version 0.1.0 writes it, with every member. */
const WAITING: CarriedState = {
  startedAtMs: 1_700_000_000_000,
  phase: 'waiting',
  submits: 2,
  rejections: 1,
  polls: 4,
  uploadedFileId: 'file_1',
  runId: 'parser_run_1',
  acceptedAtMs: 1_700_000_000_400,
  status: 'PROCESSING',
  failureReason: 'odd',
  nextPollAtMs: 1_700_000_009_000,
  lastFailure: 'no answer',
  lastDetails: { status: 503 },
  wake: WAKE,
};
/** A state of a workflow that continues as new between two submits. */
const SUBMITTING: CarriedState = {
  startedAtMs: 1_700_000_000_000,
  phase: 'submitting',
  submits: 1,
  rejections: 3,
  polls: 0,
  lastFailure: '429',
  wake: { pending: false },
};

const carriedAgain = (carried: CarriedState): unknown => {
  const clock = new Clock(carried.startedAtMs, 60_000);
  return JSON.parse(
    JSON.stringify(toCarriedState(clock, readCarriedState(carried), carried.wake ?? { pending: false })),
  );
};

/** The states that the recorded executions were started with. */
const RECORDED = recordedHistories().flatMap(({ name, history }): [string, CarriedState][] => {
  const [, payload] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (!name.startsWith('parse-document') || !payload?.data) return [];
  return [[name, JSON.parse(Buffer.from(payload.data).toString()) as CarriedState]];
});

describe('The state that a workflow carries when it continues as new', () => {
  it('is read with its run while the document waits', () => {
    expect(readCarriedState(WAITING)).toEqual({
      phase: 'waiting',
      run: {
        runId: 'parser_run_1',
        acceptedAtMs: 1_700_000_000_400,
        status: 'PROCESSING',
        failureReason: 'odd',
      },
      submits: 2,
      rejections: 1,
      polls: 4,
      uploadedFileId: 'file_1',
      nextPollAtMs: 1_700_000_009_000,
      lastFailure: 'no answer',
      lastDetails: { status: 503 },
    });
  });

  it('is read without a run while the document is submitted', () => {
    expect(readCarriedState(SUBMITTING)).toEqual({
      phase: 'submitting',
      submits: 1,
      rejections: 3,
      polls: 0,
      lastFailure: '429',
    });
  });

  it('is read where an attached run has not been polled', () => {
    const { acceptedAtMs: _, status: __, failureReason: ___, ...attached } = WAITING;
    expect(readCarriedState(attached)).toMatchObject({ phase: 'waiting', run: { runId: 'parser_run_1' } });
    expect(readCarriedState(attached).run).toEqual({ runId: 'parser_run_1' });
  });

  it.each([
    ['waiting', WAITING],
    ['submitting', SUBMITTING],
  ])('is written as version 0.1.0 writes it: %s', (_, carried) => {
    expect(carriedAgain(carried)).toEqual(carried);
  });

  it('is among the recorded histories of both versions', () => {
    expect(RECORDED.map(([name]) => name)).toEqual(
      expect.arrayContaining(['parse-document.v1.continued-as-new-2', 'parse-document.v2.continued-as-new-2']),
    );
  });

  it.each(RECORDED)('is read and written without a loss: %s', (_, carried) => {
    // `parseDocument` itself carries the run id that stands for its start.
    const { firstRunId: _firstRunId, ...state } = carried;
    expect(carriedAgain(carried)).toEqual(state);
  });
});

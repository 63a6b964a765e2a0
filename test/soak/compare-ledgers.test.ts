import { describe, expect, it } from '@jest/globals';
import { compareLedgers, type DocumentRecord, type Reported } from './compare-ledgers';
import { renderSummary, summarize } from './summarize';

type Planned = DocumentRecord['planned'];
type Result = Extract<Reported, { kind: 'result' }>;
type Failure = Extract<Reported, { kind: 'failure' }>;

const RESULT: Result = { kind: 'result', runId: 'run-1', submits: 1, pageCount: 2, texts: ['one', 'two'] };
const FAILURE: Failure = { kind: 'failure', type: 'ParserRunFailed', submits: 1, runId: 'run-1', failureReason: 'BAD' };
const UNKNOWN: Failure = { kind: 'failure', type: 'SubmitOutcomeUnknown', submits: 1 };

function planned(change: Partial<Planned> = {}): Planned {
  const base: Planned = {
    number: 7,
    workflowId: 'soak-7',
    mode: 'resubmit',
    texts: ['one', 'two'],
    end: { kind: 'result' },
  };
  return { ...base, ...change };
}

/** The record of a document with a result, with a change. */
function document(change: Partial<DocumentRecord> = {}): DocumentRecord {
  return {
    planned: planned(),
    wasStarted: true,
    wasInterrupted: false,
    runIds: ['run-1'],
    runVersions: ['2025-04-21'],
    otherVersions: 0,
    posts: 1,
    reported: RESULT,
    ...change,
  };
}

function withoutReport(change: Partial<DocumentRecord> = {}): DocumentRecord {
  const { reported: _, ...rest } = document(change);
  return rest;
}

const failing = (change: Partial<DocumentRecord> = {}) =>
  document({
    planned: planned({ end: { kind: 'failure', type: 'ParserRunFailed', failureReason: 'BAD' } }),
    reported: FAILURE,
    ...change,
  });
const unknownInFailMode = (change: Partial<DocumentRecord> = {}) =>
  document({
    planned: planned({ mode: 'fail', end: { kind: 'failure', type: 'SubmitOutcomeUnknown' } }),
    reported: UNKNOWN,
    ...change,
  });

const ONE_RUN = planned({ hasOneRun: true });
/** The record of a document whose second run was named in its result. */
const findable = (change: Partial<DocumentRecord> = {}) =>
  document({
    runIds: ['run-1', 'run-2'],
    runVersions: ['2026-02-09', '2026-02-09'],
    listedRunIds: ['run-1', 'run-2'],
    reported: { ...RESULT, submits: 2, otherRuns: ['run-2'] },
    ...change,
  });

const breachesOf = (record: DocumentRecord) =>
  compareLedgers({ documents: [record], strayRunIds: [] }).map(({ kind, count }) => [kind, count]);

describe('ledgers without a breach', () => {
  it.each([
    ['a result', document()],
    [
      'a result after resubmits that were reported',
      document({ runIds: ['run-1', 'run-2'], posts: 3, reported: { ...RESULT, submits: 3 } }),
    ],
    ['the planned failure', failing()],
    [
      'the code of the planned reason, as version 2026-02-09 gives it',
      failing({
        planned: planned({ end: { kind: 'failure', type: 'ParserRunFailed', failureReason: 'BAD: very' } }),
        runVersions: ['2026-02-09'],
      }),
    ],
    ['an unknown outcome by plan, billed or not', unknownInFailMode({ runIds: [] })],
    [
      'an unknown outcome in fail mode after a kill',
      document({ planned: planned({ mode: 'fail' }), wasInterrupted: true, reported: UNKNOWN }),
    ],
    ['a second run that is named', findable()],
    [
      'a second run that was not listed in time',
      findable({ listedRunIds: ['run-1'], reported: { ...RESULT, submits: 2 } }),
    ],
    ['an unknown outcome after five submits', document({ reported: { ...UNKNOWN, submits: 5 } })],
  ])('%s', (_, record) => {
    expect(breachesOf(record)).toEqual([]);
  });
});

describe('a breach is found', () => {
  it.each<[string, DocumentRecord, [string, number][]]>([
    ['a workflow that has not ended', withoutReport(), [['lost', 1]]],
    ['a workflow that was never accepted', withoutReport({ wasStarted: false, runIds: [] }), [['lost', 1]]],
    [
      'an end without result and without failure',
      document({ reported: { kind: 'other', what: 'TERMINATED' }, runIds: [] }),
      [['lost', 1]],
    ],
    ['a failure without a known type', document({ reported: { ...FAILURE, type: 'TypeError' } }), [['lost', 1]]],
    [
      "another document's content",
      document({ reported: { ...RESULT, texts: ['one', 'three'] } }),
      [['wrongResult', 1]],
    ],
    ['a missing chunk', document({ reported: { ...RESULT, texts: ['one'] } }), [['wrongResult', 1]]],
    ['a wrong page count', document({ reported: { ...RESULT, pageCount: 1 } }), [['wrongResult', 1]]],
    ["another document's run", document({ reported: { ...RESULT, runId: 'run-9' } }), [['wrongResult', 1]]],
    ['a result of a document that fails', failing({ reported: RESULT }), [['wrongResult', 1]]],
    ['a failure of a document that has a result', document({ reported: FAILURE }), [['wrongFailure', 1]]],
    [
      'another type than planned',
      failing({ reported: { ...FAILURE, type: 'ParseDeadlineExceeded' } }),
      [['wrongFailure', 1]],
    ],
    [
      'another reason than planned',
      failing({ reported: { ...FAILURE, failureReason: 'OTHER' } }),
      [['wrongFailure', 1]],
    ],
    [
      'a failed run without its id',
      failing({ reported: { kind: 'failure', type: 'ParserRunFailed', submits: 1, failureReason: 'BAD' } }),
      [['wrongFailure', 1]],
    ],
    [
      'a failure that names a foreign run',
      failing({ reported: { ...FAILURE, runId: 'run-9' } }),
      [['wrongFailure', 1]],
    ],
    [
      'an unknown outcome without a fault',
      document({ planned: planned({ mode: 'fail' }), reported: UNKNOWN }),
      [['wrongFailure', 1]],
    ],
    [
      'too few submits in resubmit mode',
      document({ reported: { ...UNKNOWN, submits: 2 }, wasInterrupted: true }),
      [['wrongFailure', 1]],
    ],
    ['runs that no submit explains', document({ runIds: ['run-1', 'run-2', 'run-3'] }), [['unexplainedRun', 2]]],
    [
      'a run of a failure that reports no submit',
      failing({ reported: { ...FAILURE, submits: 0 } }),
      [['unexplainedRun', 1]],
    ],
    [
      'two runs in fail mode, reported or not',
      document({ planned: planned({ mode: 'fail' }), runIds: ['run-1', 'run-2'], reported: { ...RESULT, submits: 2 } }),
      [['billedTwiceInFailMode', 1]],
    ],
    ['requests for a run in another version of the API', document({ otherVersions: 3 }), [['wrongVersion', 3]]],
    ['a second submit in fail mode, billed or not', unknownInFailMode({ posts: 2 }), [['sentTwiceInFailMode', 1]]],
    ['a second run of a document that must have one', findable({ planned: ONE_RUN }), [['billedTwice', 1]]],
    [
      'a run in fail mode that was not found',
      unknownInFailMode({
        planned: planned({ mode: 'fail', hasOneRun: true, end: { kind: 'failure', type: 'SubmitOutcomeUnknown' } }),
        runVersions: ['2026-02-09'],
      }),
      [['notAdopted', 1]],
    ],
    [
      'a listed second run without its id',
      findable({ listedRunIds: ['run-1', 'run-2'], reported: { ...RESULT, submits: 2 } }),
      [['unnamedRun', 1]],
    ],
  ])('%s', (_, record, expected) => {
    expect(breachesOf(record)).toEqual(expected);
  });

  it('a run of no document', () => {
    const breaches = compareLedgers({ documents: [document()], strayRunIds: ['run-8'] });
    expect(breaches).toEqual([{ kind: 'unexplainedRun', what: 'run-8 is of no document', count: 1 }]);
  });

  it('each with its document and its description', () => {
    const [breach] = compareLedgers({ documents: [document({ runIds: ['run-1', 'run-2'] })], strayRunIds: [] });
    expect(breach).toMatchObject({ document: 7, what: '2 runs billed, 1 submits reported' });
  });
});

describe('the table', () => {
  it('counts documents, ends, runs and breaches by mode', () => {
    const ledgers = {
      documents: [
        document({
          runIds: ['run-1', 'run-2'],
          runVersions: ['2025-04-21', '2026-02-09'],
          reported: { ...RESULT, submits: 3 },
        }),
        withoutReport({ planned: planned({ number: 8 }) }),
        unknownInFailMode({ planned: planned({ number: 9, mode: 'fail' }), runIds: ['a', 'b'], wasInterrupted: true }),
      ],
      strayRunIds: ['stray'],
    };
    expect(renderSummary(summarize(ledgers, compareLedgers(ledgers)))).toBe(
      [
        '|                                           | resubmit | fail | all |',
        '| ----------------------------------------- | -------: | ---: | --: |',
        '| documents                                 |        2 |    1 |   3 |',
        '| workflows started                         |        2 |    1 |   3 |',
        '| results                                   |        1 |    0 |   1 |',
        '| typed failures                            |        0 |    1 |   1 |',
        '|   SubmitOutcomeUnknown                    |        0 |    1 |   1 |',
        '| lost (must be 0)                          |        1 |    0 |   1 |',
        '| wrong results (must be 0)                 |        0 |    0 |   0 |',
        '| wrong failures (must be 0)                |        0 |    0 |   0 |',
        '| runs billed                               |        3 |    2 |   6 |',
        '|   version 2025-04-21                      |        2 |    1 |   3 |',
        '|   version 2026-02-09                      |        1 |    0 |   1 |',
        '| requests in another version (must be 0)   |        0 |    0 |   0 |',
        '| resubmits reported                        |        2 |    0 |   2 |',
        '| unexplained runs (must be 0)              |        0 |    1 |   2 |',
        "| 'fail' documents billed twice (must be 0) |        0 |    1 |   1 |",
        "| 'fail' documents sent twice (must be 0)   |        0 |    0 |   0 |",
        '| listed, but billed twice (must be 0)      |        0 |    0 |   0 |',
        '| listed, but not adopted (must be 0)       |        0 |    0 |   0 |',
        '| second runs                               |        1 |    1 |   2 |',
        '|   named                                   |        0 |    0 |   0 |',
        '|   listed, but not named (must be 0)       |        0 |    0 |   0 |',
      ].join('\n'),
    );
  });

  it('has one column if there is one mode', () => {
    const ledgers = { documents: [document()], strayRunIds: [] };
    expect(summarize(ledgers, []).columns).toEqual(['all']);
  });
});

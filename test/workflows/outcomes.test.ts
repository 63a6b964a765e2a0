import { describe, expect, it } from '@jest/globals';
import { failureOf, Scene } from './scene';

const SCRIPTS = {
  several: { processingReads: 4, pageCount: 3 },
  'processed-at-once': { submitStatus: 'PROCESSED' },
  'failed-at-once': { submitStatus: 'FAILED', failureReason: 'CORRUPT_FILE' },
  'failed-as-status': { status: 'FAILED', failureReason: 'OCR_ERROR' },
  'failed-as-run': { status: 'FAILED', failureReason: 'OCR_ERROR', failedAs: 'parser_run' },
  'failed-without-reason': { status: 'FAILED', failureReason: null },
  cancelled: { status: 'CANCELLED' },
  'unknown-words': { processingStatus: 'QUEUED_FOR_REVIEW', processingReads: 3 },
  'unknown-at-submit': { submitStatus: 'PENDING' },
  'with-ocr': { run: { ocr: { words: [{ text: 'Statement' }] }, usage: null } },
  'without-output': { resultsWithoutOutput: 3 },
  'never-an-output': { resultsWithoutOutput: 1_000 },
  'back-to-processing': { resultsBackToProcessing: 2 },
} as const;

describe('A document', () => {
  const scene = new Scene({ scripts: SCRIPTS });

  it('is submitted once, polled until the run is processed, and fetched once', async () => {
    const document = scene.document('several');
    const result = await scene.execute(document);
    expect(result).toMatchObject({ submits: 1, polls: 5, pageCount: 3, processingTimeMs: 1200, credits: 6 });
    expect(result.runId).toBe(scene.runOf(document).id);
    expect(result.fileId).toBe(scene.runOf(document).fileId);
    expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 5, results: 1, deletes: 0 });
  });

  it('has a result of exactly the documented shape', async () => {
    const { output, ...summary } = await scene.execute(scene.document('several'));
    expect(Object.keys(summary).sort()).toEqual([
      'apiVersion',
      'credits',
      'fileId',
      'pageCount',
      'polls',
      'processingTimeMs',
      'runId',
      'submits',
      'waitedMs',
    ]);
    expect(Object.keys(output).sort()).toEqual(['chunks', 'kind']);
    expect(output).toMatchObject({ kind: 'inline' });
    if (output.kind !== 'inline') throw new Error('expected an inline output');
    expect(output.chunks.map(({ metadata }) => metadata?.pageRange?.start)).toEqual([1, 2, 3]);
    expect(output.chunks[0]?.content).toContain('# Statement');
  });

  it('has words with positions if Extend gives them, and no credits if Extend gives none', async () => {
    const result = await scene.execute(scene.document('with-ocr'));
    expect(Object.keys(result.output).sort()).toEqual(['chunks', 'kind', 'ocr']);
    expect(result.output).toMatchObject({ ocr: { words: [{ text: 'Statement' }] } });
    expect(result).not.toHaveProperty('credits');
  });

  it('is not polled when the answer to the submit says PROCESSED', async () => {
    const document = scene.document('processed-at-once');
    const result = await scene.execute(document);
    expect(result).toMatchObject({ submits: 1, polls: 0 });
    expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 0, results: 1, deletes: 0 });
  });

  it('fails without a poll when the answer to the submit says FAILED', async () => {
    const document = scene.document('failed-at-once');
    const failure = await failureOf(scene.execute(document));
    expect(failure.type).toBe('ParserRunFailed');
    expect(failure.details).toEqual({
      runId: scene.runOf(document).id,
      status: 'FAILED',
      failureReason: 'CORRUPT_FILE',
      ...(scene.apiVersion === '2026-02-09' && { failureMessage: expect.stringContaining('corrupted') }),
      submits: 1,
      polls: 0,
      elapsedMs: expect.any(Number),
    });
    expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 0, results: 0, deletes: 0 });
  });

  it.each(['failed-as-status', 'failed-as-run'])('fails with the reason that Extend gives: %s', async (script) => {
    const document = scene.document(script);
    const failure = await failureOf(scene.execute(document));
    const { id } = scene.runOf(document);
    expect(failure.message).toBe(`Extend ended ${id} as FAILED: OCR_ERROR`);
    expect(failure.details).toMatchObject({ runId: id, status: 'FAILED', failureReason: 'OCR_ERROR', polls: 2 });
    expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 2, results: 0, deletes: 0 });
  });

  it('fails without a reason when Extend gives none', async () => {
    const failure = await failureOf(scene.execute(scene.document('failed-without-reason')));
    expect(failure.message).toContain('as FAILED: no reason given');
    expect(failure.details).not.toHaveProperty('failureReason');
  });

  it('ends as failed when Extend says CANCELLED', async () => {
    const document = scene.document('cancelled');
    const failure = await failureOf(scene.execute(document));
    expect(failure).toMatchObject({ type: 'ParserRunFailed', details: { status: 'CANCELLED', submits: 1, polls: 2 } });
    expect(scene.countsOf(document)).toMatchObject({ polls: 2, results: 0 });
  });

  it.each(['unknown-words', 'unknown-at-submit'])('keeps waiting at unknown status words: %s', async (script) => {
    const document = scene.document(script);
    const result = await scene.execute(document);
    expect(scene.countsOf(document).polls).toBe(result.polls);
    expect(result.polls).toBe(script === 'unknown-words' ? 4 : 2);
  });

  it.each([
    ['without-output', 4],
    ['back-to-processing', 3],
  ])('is fetched again while the run lacks its output: %s', async (script, results) => {
    const document = scene.document(script);
    await scene.execute(document);
    expect(scene.countsOf(document)).toMatchObject({ runs: 1, results });
  });

  it('fails after two minutes without output, and names the missing member', async () => {
    const document = scene.document('never-an-output');
    const startedAtMs = performance.now();
    const failure = await failureOf(scene.execute(document));
    expect(failure).toMatchObject({ type: 'ContractViolation', details: { runId: scene.runOf(document).id } });
    expect(failure.message).toMatch(/(parserRun\.chunks|: chunks) is missing/);
    expect(failure.details.elapsedMs).toBeGreaterThan(120_000);
    // The server skips only the waits; requests take real time.
    expect(failure.details.elapsedMs).toBeLessThan(135_000 + performance.now() - startedAtMs);
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(13);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});

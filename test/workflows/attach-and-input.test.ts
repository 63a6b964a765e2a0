import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { activitiesOf, historyOf } from './history';
import { failureOf, Scene } from './scene';

const ENGINES = ['timer', 'retry'] as const;

/** A stored run, as far as the tests read it. Version 2026-02-09 has the chunks in `output`. */
interface StoredRun {
  readonly id: string;
  readonly chunks?: readonly unknown[];
  readonly output?: { readonly chunks: readonly unknown[] };
}

describe('Attaching to a run', () => {
  let resultDirectory: string | undefined;
  const scene = new Scene(async () => {
    resultDirectory = await mkdtemp(join(tmpdir(), 'extend-parse-results-'));
    return { parse: { resultDirectory } };
  });
  afterAll(() => rm(resultDirectory ?? '', { recursive: true, force: true }));

  describe.each(ENGINES)('with the %s engine', (engine) => {
    /** Creates a run at Extend that no workflow knows. */
    async function existingRun(script: string): Promise<{ runId: string; fileUrl: string; workflowId: string }> {
      const { fileUrl, workflowId } = scene.document(script);
      return { runId: await scene.createRun({ fileUrl }), fileUrl, workflowId };
    }

    it('polls at once and submits nothing', async () => {
      const { runId, fileUrl, workflowId } = await existingRun('ok');
      const result = await scene.client.execute({ runId, polling: { engine } }, { workflowId });
      expect(result).toMatchObject({ runId, submits: 0, polls: 2, pageCount: 1 });
      expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1, polls: 2, results: 1 });
      const activities = activitiesOf(await historyOf(scene.temporal, workflowId));
      expect(activities.map(({ type }) => type)).not.toContain('submitParse');
      expect(activities[0]?.input).not.toHaveProperty('delayMs');
      expect(activities[0]?.input).not.toHaveProperty('acceptedAtMs');
    });

    it('waits before the first poll if the input has an initial delay', async () => {
      const { runId, workflowId } = await existingRun('ok');
      const polling = { engine, initialDelayMs: 50_000, jitter: 0 };
      const result = await scene.client.execute({ runId, polling }, { workflowId });
      expect(result.waitedMs).toBeGreaterThanOrEqual(50_000);
    });

    it.each(['sqrt', 'exponential'] as const)('polls at growing intervals: %s', async (backoff) => {
      const { runId, fileUrl, workflowId } = await existingRun('never');
      const input = { runId, polling: { engine, backoff }, deadlineMs: 60_000 };
      const attached = scene.client.execute(input, { workflowId });
      expect(await failureOf(attached)).toMatchObject({
        type: 'ParseDeadlineExceeded',
        details: { runId, submits: 0 },
      });
      expect(scene.countsOf({ fileUrl }).polls).toBeLessThan(25);
    });

    it('ends at once when Extend does not know the run', async () => {
      const before = scene.emulator.requests.length;
      const failure = await failureOf(scene.client.execute({ runId: 'parser_run_unknown', polling: { engine } }));
      expect(failure).toMatchObject({
        type: 'ParserRunNotFound',
        details: { runId: 'parser_run_unknown', status: 404, submits: 0 },
      });
      expect(failure.details.elapsedMs).toBeLessThan(30_000);
      expect(scene.emulator.requests).toHaveLength(before + 1);
    });

    it('stores the result of the run if the input says so', async () => {
      const { runId, workflowId } = await existingRun('ok');
      const { output } = await scene.client.execute({ runId, result: 'stored', polling: { engine } }, { workflowId });
      if (output.kind !== 'stored') throw new Error('expected a stored output');
      expect(Object.keys(output).sort()).toEqual(['bytes', 'chunkCount', 'kind', 'sha256', 'uri']);
      const stored = JSON.parse(await readFile(fileURLToPath(output.uri), 'utf8')) as StoredRun;
      expect(stored.id).toBe(runId);
      expect((stored.output ?? stored).chunks).toHaveLength(output.chunkCount);
    });
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(9);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});

const FILE = { fileUrl: 'https://example.com/a.pdf' };
/** Wrong inputs, and the message of each failure. */
const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['nothing', undefined, /input must be an object, got undefined/],
  ['a string', 'https://example.com/a.pdf', /input must be an object/],
  ['an empty object', {}, /must have 'file' or 'runId'/],
  ['a file and a run', { file: FILE, runId: 'parser_run_1' }, /not both/],
  ['an unknown field', { file: FILE, deadline: 5 }, /deadline is not a known field/],
  ['an unknown field of the file', { file: { ...FILE, url: 'x' } }, /file\.url is not a known field/],
  [
    'a relative URL',
    { file: { fileUrl: 'a.pdf' } },
    /file\.fileUrl must be an absolute http: or https: URL, got "a.pdf"/,
  ],
  ['two locators', { file: { ...FILE, fileId: 'file_1' } }, /exactly one of 'fileUrl', 'fileId', 'source'/],
  ['a config that is not an object', { file: FILE, config: 'markdown' }, /config must be an object/],
  [
    'an unknown engine',
    { file: FILE, polling: { engine: 'cron' } },
    /polling\.engine must be one of 'timer', 'retry', got "cron"/,
  ],
  ['an unknown polling field', { file: FILE, polling: { intervalMs: 5 } }, /polling\.intervalMs is not a known field/],
  ['a delay that is too long', { file: FILE, polling: { maxDelayMs: 2 ** 31 } }, /polling\.maxDelayMs .*2147483647/],
  [
    'a jitter above 1',
    { file: FILE, polling: { jitter: 1.5 } },
    /polling\.jitter must be a number from 0 to 1, got 1.5/,
  ],
  [
    'a factor without its backoff',
    { file: FILE, polling: { factor: 2 } },
    /polling\.factor needs backoff 'exponential'/,
  ],
  ['a deadline of 0 ms', { file: FILE, deadlineMs: 0 }, /deadlineMs must be a whole number from 1/],
  ['a deadline of half a millisecond', { file: FILE, deadlineMs: 0.5 }, /deadlineMs must be a whole number/],
  ['a limit of 0 submits', { file: FILE, maxSubmits: 0 }, /maxSubmits must be a whole number from 1 to 100, got 0/],
  ['an unknown form of the result', { file: FILE, result: 'file' }, /result must be one of 'inline', 'stored'/],
  [
    'an unknown policy for ambiguous submits',
    { file: FILE, onAmbiguousSubmit: 'retry' },
    /onAmbiguousSubmit must be one of/,
  ],
  ['an unknown value of deleteRun', { file: FILE, deleteRun: true }, /deleteRun must be one of/],
  ['an option of submits with a run', { runId: 'parser_run_1', maxSubmits: 2 }, /maxSubmits is not a known field/],
  ['an empty run id', { runId: '' }, /runId must not be empty/],
  [
    'a field with a very long name',
    { file: FILE, ['x'.repeat(1_060_000)]: 1 },
    /invalid input: x{80}… is not a known field$/,
  ],
  ['a very long name alone', { ['x'.repeat(1_060_000)]: 1 }, /got an object with x{80}…$/],
];

describe('A wrong input', () => {
  const scene = new Scene();

  it.each(WRONG)(
    'is refused by the workflow itself, with a message that names the field: %s',
    async (_, input, message) => {
      const { workflowId } = scene.document('wrong');
      const ending = scene.temporal.workflow.execute('parseDocument', {
        taskQueue: scene.parsing.taskQueue,
        workflowId,
        args: input === undefined ? [] : [input],
      });
      const error: unknown = await ending.catch((reason: unknown) => reason);
      const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure))
        throw new Error(`expected an ApplicationFailure, got ${String(error)}`);
      expect(cause.type).toBe('InvalidInput');
      expect(cause.message).toMatch(message);
      expect(cause.nonRetryable).toBe(true);
      expect(activitiesOf(await historyOf(scene.temporal, workflowId))).toEqual([]);
      expect(scene.emulator.requests).toEqual([]);
    },
  );
});

describe('A carried state that only a caller can make', () => {
  const scene = new Scene();

  const endOf = (odd: object) => ('runId' in odd ? 'ParserRunNotFound' : 'ParseDeadlineExceeded');

  it.each<readonly [string, object]>([
    ['a start beyond all dates', { startedAtMs: 1e308 }],
    ['a start long before all dates', { startedAtMs: -1e308 }],
    ['a start beyond all dates, with a run', { startedAtMs: 1e308, phase: 'waiting', runId: 'parser_run_unknown' }],
    ['a next poll beyond all dates', { nextPollAtMs: 1e300 }],
    ['a next poll that is no number', { nextPollAtMs: 'soon' }],
  ])('does not keep the workflow from its end: %s', async (_title, odd) => {
    const { fileUrl, workflowId } = scene.document('ok');
    const carried = { startedAtMs: Date.now(), phase: 'submitting', submits: 0, rejections: 0, polls: 0, ...odd };
    const input = { file: { fileUrl }, deadlineMs: 600_000 };
    const handle = await scene.temporal.workflow.start('parseDocument', {
      taskQueue: scene.parsing.taskQueue,
      workflowId,
      args: [input, carried],
    });
    const end: unknown = await handle.result().catch((error: unknown) => error);
    if (end instanceof WorkflowFailedError) expect(end.cause).toMatchObject({ type: endOf(odd) });
    else expect(end).toMatchObject({ submits: 1 });
    expect((await handle.describe()).status.name).not.toBe('RUNNING');
  });
});

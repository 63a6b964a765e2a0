import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { createParseActivities } from '../../activities';
import { ParseClient, type ParseInput, type ParserRun, type ParseResult, type StoredOutput } from '../../client';
import { createFileStore } from '../../storage';
import { dripReply, htmlReply, httpReply, reportReply, truncatedReply, type ScriptedDocument } from '../../testing';
import { createParseWorker } from '../../worker';
import { createContext, failureOf as activityFailureOf, runActivity } from '../activities/run-activity';
import { sendJson, startOddServer } from '../http/odd-server';
import { createDevEnv } from '../support/servers';
import { bundledWorkflows } from '../workflows/bundled-workflows';
import { until } from '../support/until';
import { failureOf, Scene, type TestDocument } from '../workflows/scene';

const directory = mkdtempSync(join(tmpdir(), 'results-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A finished run in a spelling that no serializer would choose. */
const ODD_RUN =
  '{ "object":"parser_run",\t"id":"parser_run_odd" , "fileId" : "file_odd",\n "status":"PROCESSED","future":[[],{}, -1.50e+3],' +
  '"chunks":[ {"object":"chunk","type":"page","content":"Gr\\u00fc\\u00DFe \u20ac \ud83d\ude00 \\"}]\\\\","metadata":{"pageRange":{"start":1,"end":1}},"blocks":[]}\r\n],' +
  '"metrics":{"processingTimeMs":1,"pageCount":1}, "usage":{"credits":2.5} }';

const chunk = {
  object: 'chunk',
  type: 'page',
  content: 'a',
  metadata: { pageRange: { start: 1, end: 1 } },
  blocks: [],
};

const scripts: Record<string, ScriptedDocument> = {
  three: { pageCount: 3 },
  large: { resultBytes: 50_000 },
  'no-chunks': { run: { chunks: [] } },
  'odd-facts': { run: { fileId: null, metrics: { pageCount: null }, usage: { credits: 'two' } } },
  odd: { results: [httpReply({ status: 200, text: `{"success":true , "parserRun": ${ODD_RUN} ,"warning":null}\n` })] },
  faulty: {
    results: [
      truncatedReply(),
      truncatedReply({ how: 'json' }),
      htmlReply(),
      httpReply({ status: 200, text: '' }),
      httpReply({ status: 502 }),
      httpReply({ status: 200, text: '{"success":true,"parserRun":{"chunks":["\\ud83z"' }),
    ],
  },
  'late-output': { resultsWithoutOutput: 2 },
  'without-output': { resultsWithoutOutput: Number.POSITIVE_INFINITY },
  'failed-in-the-result': {
    results: Array.from({ length: 100 }, () => reportReply({ status: 'FAILED', as: 'parser_run' })),
  },
  slow: { processingReads: 0, resultBytes: 1_000_000, results: [dripReply({ pieceBytes: 10_000, everyMs: 500 })] },
};

const scene = new Scene({ scripts, parse: { maxInlineBytes: 20_000, resultDirectory: directory } });

/** Checks that the directory has no object that a reader could take for a result, and no partial file. */
function filesIn(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name !== '.partial');
}

async function stored(
  document: TestDocument,
  input: Pick<ParseInput, 'deleteRun'> = {},
): Promise<ParseResult & { output: StoredOutput }> {
  const { fileUrl, workflowId } = document;
  const result = await scene.client.execute(
    { file: { fileUrl }, result: 'stored', ...input },
    {
      workflowId,
    },
  );
  const { output, ...rest } = result;
  if (output.kind !== 'stored') throw new Error('not stored');
  return { ...rest, output };
}

/** Stores a run with this id, from a server that has a run for every id. */
async function attached(runId: string) {
  const run = { id: runId, status: 'PROCESSED', chunks: [chunk] };
  await using server = await startOddServer((_, response) => sendJson(response, { success: true, parserRun: run }));
  const activities = createParseActivities({ apiKey: 'k', baseUrl: server.url, resultDirectory: directory });
  return await runActivity(activities, 'storeResult', { runId, noticedAtMs: 0 });
}

/** Computes the facts of the reference from the file. */
function recomputed({ uri }: StoredOutput) {
  const bytes = readFileSync(fileURLToPath(uri));
  const run = JSON.parse(bytes.toString()) as ParserRun;
  return {
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    chunkCount: run.chunks.length,
    run,
  };
}

describe('A stored result', () => {
  it('is a reference with the right facts about the file', async () => {
    const document = scene.document('three');
    const { output, ...result } = await stored(document);
    const { id, fileId } = scene.runOf(document);
    const { run, ...facts } = recomputed(output);
    expect(output).toEqual({ kind: 'stored', uri: `file://${directory}/${id}.json`, ...facts });
    expect(output.chunkCount).toBe(3);
    expect(result).toMatchObject({
      runId: id,
      fileId,
      pageCount: 3,
      processingTimeMs: 1200,
      credits: 6,
      submits: 1,
      polls: 2,
    });
    expect(run).toMatchObject({ object: 'parser_run', id, fileId, status: 'PROCESSED' });
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, results: 1 });
  });

  it('is the bare run exactly as it was sent, in any spelling', async () => {
    const odd = scene.document('odd');
    const { output, ...result } = await stored(odd);
    expect(readFileSync(fileURLToPath(output.uri), 'utf8')).toBe(ODD_RUN);
    expect(result).toMatchObject({ runId: scene.runOf(odd).id, fileId: 'file_odd', pageCount: 1, credits: 2.5 });
    expect(output.chunkCount).toBe(1);
  });

  it('has only the facts that Extend sends in the documented types', async () => {
    const { output, ...result } = await stored(scene.document('odd-facts'));
    expect(output.chunkCount).toBe(1);
    expect(Object.keys(result).sort()).toEqual(['apiVersion', 'polls', 'runId', 'submits', 'waitedMs']);
  });

  it('has a name that every file system accepts, for a run id of any length', async () => {
    const ids = [`${'r'.repeat(999)}1`, `${'r'.repeat(999)}2`, 'r'.repeat(255)];
    const outputs: StoredOutput[] = [];
    for (const runId of ids) outputs.push((await attached(runId)).output as StoredOutput);
    const names = outputs.map(({ uri }) => basename(uri));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^r{167}-[0-9a-f]{32}\.json$/);
    expect(outputs.map((output) => recomputed(output).run.id)).toEqual(ids);
  });

  it('may have no chunks', async () => {
    const { output } = await stored(scene.document('no-chunks'));
    expect(output.chunkCount).toBe(0);
  });

  it('replaces an object with the same name, and removes its abandoned partial file', async () => {
    const first = await stored(scene.document('three'));
    const path = fileURLToPath(first.output.uri);
    const other = join(directory, '.partial', `${first.runId}.json.b.00000000-0000-4000-8000-000000000000`);
    const left = join(directory, '.partial', `${first.runId}.json.00000000-0000-4000-8000-000000000000`);
    for (const file of [path, left, other]) writeFileSync(file, 'half');
    // Nothing was written to the file for two hours, so its writer counts as ended.
    utimesSync(left, Date.now() / 1_000 - 7_200, Date.now() / 1_000 - 7_200);
    const again = await scene.client.execute({ runId: first.runId, result: 'stored' });
    expect(again.output).toEqual(first.output);
    expect(recomputed(first.output)).toMatchObject({ sha256: first.output.sha256 });
    expect(readdirSync(join(directory, '.partial'))).toEqual([
      `${first.runId}.json.b.00000000-0000-4000-8000-000000000000`,
    ]);
    rmSync(other);
  });

  it('survives answers that are cut off, HTML, empty, 502 or not JSON', async () => {
    const document = scene.document('faulty');
    const { output } = await stored(document);
    expect(recomputed(output)).toMatchObject({ sha256: output.sha256, bytes: output.bytes });
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, results: 7 });
  });

  it('is stored as soon as the run has its output', async () => {
    const document = scene.document('late-output');
    expect((await stored(document)).output.chunkCount).toBe(1);
    expect(scene.countsOf(document).results).toBe(3);
  });

  // `test/activities/odd-runs.test.ts` shows all answers that are refused.
  it.each(['without-output', 'failed-in-the-result'])(
    'is not created if the answer stays wrong, and the run is kept: %s',
    async (script) => {
      const before = filesIn(directory);
      const document = scene.document(script);
      const failure = await failureOf(stored(document, { deleteRun: 'always' }));
      const { id, deleted } = scene.runOf(document);
      expect(failure).toMatchObject({ type: 'ContractViolation', details: { runId: id } });
      expect(failure.message).toMatch(/the finished run has no usable output: /);
      expect(deleted).toBe(false);
      expect(filesIn(directory)).toEqual(before);
    },
  );

  it('is not created if the activity is cancelled in the middle, and the connection is closed', async () => {
    const before = filesIn(directory);
    const { fileUrl } = scene.document('slow');
    const activities = createParseActivities({ apiKey: 'k', baseUrl: scene.emulator.url, resultDirectory: directory });
    const { runId } = await runActivity(activities, 'submitParse', { file: { fileUrl } });
    const context = createContext();
    const storing = runActivity(activities, 'storeResult', { runId, noticedAtMs: 0 }, context);
    await until(() =>
      filesIn(directory).some((name) => name.includes('.partial') && statSync(join(directory, name)).size > 0),
    );
    context.cancel();
    await expect(storing).rejects.toThrow(CancelledFailure);
    expect(filesIn(directory)).toEqual(before);
    const { outcome } = await scene.emulator.waitFor((one) => one.runId === runId && one.outcome !== 'pending');
    expect(outcome).toBe('abandoned');
  });
});

describe('An inline result that is too large', () => {
  it('is kept at Extend, and can be stored by attaching to its run', async () => {
    const document = scene.document('large');
    const failure = await failureOf(scene.client.execute({ file: { fileUrl: document.fileUrl }, deleteRun: 'always' }));
    expect(failure.type).toBe('ResultTooLarge');
    expect(failure.message).toContain("attach to this run with result: 'stored'");
    const { output, submits } = await scene.client.execute({ runId: failure.runId ?? '', result: 'stored' });
    expect(submits).toBe(0);
    expect(output.bytes).toBeGreaterThan(50_000);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, results: 2 });
  });
});

describe('A result that is too large for Temporal', () => {
  /** Above both limits of Temporal: 2 MB for a payload and 4 MB for a gRPC message. */
  const megabytes = 5;
  let env: TestWorkflowEnvironment;
  let worker: Worker;
  let ended: Promise<void>;
  let client: ParseClient;
  let fileUrl: string;
  let result: ParseResult;
  beforeAll(async () => {
    env = await createDevEnv();
    worker = await createParseWorker({
      connection: env.nativeConnection,
      taskQueue: 'storing',
      activities: { apiKey: 'k', baseUrl: scene.emulator.url, resultDirectory: directory },
      shutdownGraceTimeMs: 0,
      worker: { workflowBundle: await bundledWorkflows() },
    });
    ended = worker.run();
    client = new ParseClient({ client: env.client, taskQueue: 'storing', resultDirectory: directory });
    fileUrl = `${scene.document('huge').fileUrl}&mb=${megabytes}&reads=0`;
    result = await client.execute({ file: { fileUrl }, result: 'stored', polling: { initialDelayMs: 0 } });
  });
  afterAll(async () => {
    worker.shutdown();
    await ended;
    await env.teardown();
  });

  it('is stored on a real server', () => {
    const output = result.output as StoredOutput;
    expect(output.bytes).toBeGreaterThan(megabytes * 1e6);
    const { run: _, ...facts } = recomputed(output);
    expect(output).toMatchObject(facts);
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, results: 1 });
  });

  it('is stored completely by each of three workflows that store one run at the same time', async () => {
    const all = [1, 2, 3].map(() => client.execute({ runId: result.runId, result: 'stored' }));
    const outputs = (await Promise.all(all)).map(({ output }) => output);
    expect(new Set(outputs.map(({ sha256 }) => sha256)).size).toBe(1);
    const [one] = outputs as [StoredOutput];
    expect(recomputed(one)).toMatchObject({ sha256: one.sha256 });
  });
});

describe('A worker', () => {
  it('without a store fails immediately, without a request', async () => {
    const activities = createParseActivities({ apiKey: 'k', baseUrl: scene.emulator.url });
    const before = scene.emulator.requests.length;
    const failure = await activityFailureOf(activities, 'storeResult', { runId: 'parser_run_1', noticedAtMs: 0 });
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', nonRetryable: true });
    expect(failure.message).toContain('EXTEND_PARSE_RESULT_DIR');
    expect(scene.emulator.requests).toHaveLength(before);
  });

  it('with two stores cannot be created', () => {
    const resultStore = createFileStore({ directory });
    expect(() => createParseActivities({ apiKey: 'k', resultDirectory: directory, resultStore })).toThrow(
      new TypeError("give 'resultDirectory' or 'resultStore', not both"),
    );
  });
});

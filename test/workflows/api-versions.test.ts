import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Chunk, ParseResult, ParserRun } from '../../client';
import type { CarriedState } from '../../workflows/carried-state';
import { httpReply, type EmulatorRequest, type Reply } from '../../testing';
import { activitiesOf, historyOf } from './history';
import { failureOf, Scene } from './scene';

const NEW = '2026-02-09';
const OLD = '2025-04-21';
const ENGINES = ['timer', 'retry'] as const;
const METADATA = { customer: 'c-17', nested: { list: [1, null, 'é'] }, 'extend:usage_tags': ['team-a'] };
const PASSWORD = 'open sesame';
const SCRIPTS = {
  three: { pageCount: 3 },
  failed: { status: 'FAILED', failureReason: 'CORRUPT_FILE', failureMessage: 'The table of contents is damaged.' },
  'failed-at-once': { submitStatus: 'FAILED', failureReason: 'OCR_ERROR', failureMessage: 'No text was found.' },
  'failed-silently': { status: 'FAILED', failureReason: null, failureMessage: null },
  locked: { password: PASSWORD },
};

const directory = mkdtempSync(join(tmpdir(), 'api-versions-'));
writeFileSync(join(directory, 'note.txt'), '# A note\n\nIt is short.\n');
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const results = { resultDirectory: join(directory, 'results'), sourceDirectory: directory };

describe('A worker of version 2026-02-09', () => {
  const lockedUrl = 'http://emulator.invalid/locked?n=vault';
  const scene = new Scene({
    scripts: SCRIPTS,
    apiVersion: NEW,
    parse: {
      ...results,
      sources: {
        vault: (name) => Promise.resolve({ fileUrl: lockedUrl, ...(/open$/.test(name) && { password: PASSWORD }) }),
      },
    },
  });

  /** The bodies of the submits of these requests. */
  const bodiesFrom = (from: number) =>
    scene.emulator.requests
      .slice(from)
      .filter(({ operation }) => operation === 'submit')
      .map(({ bodyJson }) => bodyJson);

  describe.each(ENGINES)('with the %s engine', (engine) => {
    it('delivers an inline result, with the metadata of the input', async () => {
      const document = scene.document('three');
      const handle = await scene.start(document, { polling: { engine }, metadata: METADATA });
      const { output, ...facts } = await handle.result();
      const { id: runId, fileId } = scene.runOf(document);
      expect(runId).toMatch(/^pr_/);
      expect(facts).toMatchObject({ runId, fileId, apiVersion: NEW, metadata: METADATA, submits: 1, polls: 2 });
      expect(facts).toMatchObject({ pageCount: 3, processingTimeMs: 1200, credits: 6 });
      expect(output).toMatchObject({ kind: 'inline', chunks: [{ content: expect.stringContaining('#') }, {}, {}] });
      expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 2, results: 1, deletes: 0 });
      const about = scene.emulator.requests.filter((request) => scene.isAbout(document, request));
      expect(new Set(about.map(({ apiVersion }) => apiVersion))).toEqual(new Set([NEW]));
      expect(await handle.progress()).toMatchObject({ phase: 'ended', apiVersion: NEW });
    });

    it('stores a result that the client reads', async () => {
      const document = scene.document('three');
      const result = await scene.execute(document, { polling: { engine }, metadata: METADATA, result: 'stored' });
      const { id: runId, fileId } = scene.runOf(document);
      expect(result).toMatchObject({ runId, fileId, apiVersion: NEW, metadata: METADATA, pageCount: 3, credits: 6 });
      expect(result.output).toMatchObject({ kind: 'stored', chunkCount: 3 });
      const run: ParserRun = await scene.client.readRun(result);
      expect(run).toMatchObject({ id: runId, fileId, status: 'PROCESSED', metadata: METADATA });
      const chunks: Chunk[] = [];
      for await (const chunk of scene.client.readChunks(result)) chunks.push(chunk);
      expect(chunks).toEqual(run.chunks);
      expect(chunks).toHaveLength(3);
      const { output } = await scene.execute(scene.document('three'), { polling: { engine } });
      expect(output.kind === 'inline' && output.chunks.length).toBe(chunks.length);
    });

    it.each([
      ['failed', 'CORRUPT_FILE', 'The table of contents is damaged.'],
      ['failed-at-once', 'OCR_ERROR', 'No text was found.'],
    ])('reports reason and message of a failed run: %s', async (script, failureReason, failureMessage) => {
      const document = scene.document(script);
      const failure = await failureOf(scene.execute(document, { polling: { engine } }));
      const { id: runId } = scene.runOf(document);
      const details = { runId, status: 'FAILED', failureReason, failureMessage, submits: 1 };
      expect(failure).toMatchObject({ type: 'ParserRunFailed', details });
      expect(failure.message).toContain(`Extend ended ${runId} as FAILED: ${failureReason}: ${failureMessage}`);
    });

    it('reports a run that failed without reason and message', async () => {
      const failure = await failureOf(scene.execute(scene.document('failed-silently'), { polling: { engine } }));
      expect(failure.message).toContain('no reason given');
      expect(failure.details).toMatchObject({ status: 'FAILED' });
      expect(Object.keys(failure.details)).not.toEqual(expect.arrayContaining(['failureReason']));
      expect(Object.keys(failure.details)).not.toEqual(expect.arrayContaining(['failureMessage']));
    });

    it('fails when its run is cancelled from elsewhere', async () => {
      const document = scene.document('never');
      const handle = await scene.start(document, { polling: { engine } });
      await scene.seen(document, 'submit');
      const { id: runId } = scene.runOf(document);
      const response = await fetch(`${scene.emulator.url}/parse_runs/${runId}/cancel`, {
        method: 'POST',
        headers: { authorization: 'Bearer test', 'x-extend-api-version': NEW },
      });
      expect(response.status).toBe(200);
      const failure = await failureOf(handle.result());
      expect(failure).toMatchObject({ type: 'ParserRunFailed', details: { runId, status: 'CANCELLED' } });
      // The workflow itself cancelled nothing.
      expect(scene.requestsOf(document, 'cancelRun')).toHaveLength(1);
      expect(await handle.progress()).toMatchObject({ phase: 'ended', status: 'CANCELLED', apiVersion: NEW });
    });

    it('uploads a source once, and deletes run and file', async () => {
      const from = scene.emulator.requests.length;
      const source = pathToFileURL(join(directory, 'note.txt')).href;
      const input = { file: { source }, polling: { engine }, metadata: METADATA, deleteRun: 'always' } as const;
      const result = await scene.client.execute(input);
      const file = scene.emulator.files.at(-1);
      expect(file).toMatchObject({ name: 'note.txt', uploaded: true, deleted: true });
      expect(result).toMatchObject({ fileId: file?.id, apiVersion: NEW, metadata: METADATA, submits: 1 });
      const metadata = { ...METADATA, temporal: expect.objectContaining({ submit: 1 }) };
      expect(bodiesFrom(from)).toEqual([{ file: { id: file?.id }, metadata }]);
      const requests = scene.emulator.requests.slice(from);
      expect(new Set(requests.map(({ apiVersion }) => apiVersion))).toEqual(new Set([NEW]));
      expect(requests.map(({ operation }) => operation)).toEqual(
        expect.arrayContaining(['upload', 'submit', 'deleteRun', 'deleteFile']),
      );
    });
  });

  it('sends dataRetention with the submit', async () => {
    const from = scene.emulator.requests.length;
    const document = scene.document('three');
    await scene.execute(document, { dataRetention: 'zero' });
    const metadata = { temporal: expect.objectContaining({ workflowId: document.workflowId, submit: 1 }) };
    expect(bodiesFrom(from)).toEqual([{ file: { url: document.fileUrl }, dataRetention: { mode: 'zero' }, metadata }]);
  });

  it("opens a document with the resolver's password, which no history contains", async () => {
    const [opened, closed] = [scene.document('open'), scene.document('closed')];
    const { workflowId } = opened;
    const result = await scene.client.execute({ file: { source: 'vault:open' } }, { workflowId });
    expect(result).toMatchObject({ apiVersion: NEW, pageCount: 1 });
    const payloads = JSON.stringify(await historyOf(scene.temporal, workflowId)).matchAll(/"data":"([^"]*)"/g);
    const text = Array.from(payloads, ([, data = '']) => Buffer.from(data, 'base64').toString()).join('\n');
    expect([text.includes('vault:open'), text.includes(PASSWORD)]).toEqual([true, false]);
    const refused = scene.client.execute({ file: { source: 'vault:closed' } }, { workflowId: closed.workflowId });
    expect(await failureOf(refused)).toMatchObject({ details: { failureReason: 'PASSWORD_PROTECTED_FILE' } });
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});

describe.each([
  [OLD, NEW],
  [NEW, OLD],
] as const)('A worker of version %s', (workerVersion, otherVersion) => {
  const FOREIGN = /^run_foreign/;
  const scene = new Scene({ apiVersion: workerVersion, scripts: SCRIPTS, parse: results, faults: answerForeign });
  let foreignPolls = 0;

  /** Answers requests for runs whose id has another beginning than those of Extend. */
  function answerForeign({ runId, query, apiVersion }: EmulatorRequest): Reply | undefined {
    if (runId === undefined || !FOREIGN.test(runId)) return undefined;
    const isPoll = query['responseType'] === 'url';
    if (isPoll) foreignPolls += 1;
    const status = isPoll && foreignPolls < 2 ? 'PROCESSING' : 'PROCESSED';
    const chunks = [{ object: 'chunk', type: 'page', content: 'foreign', metadata: {}, blocks: [] }];
    const run = { id: runId, status, metrics: { pageCount: 1, processingTimeMs: 1 } };
    if (apiVersion === NEW) return httpReply({ status: 200, json: { ...run, output: isPoll ? null : { chunks } } });
    return httpReply({ status: 200, json: { success: true, parserRun: isPoll ? run : { ...run, chunks } } });
  }

  /** The versions that the activities of a workflow were told, without repetitions, in order. */
  async function toldVersions(workflowId: string): Promise<unknown[]> {
    const activities = activitiesOf(await historyOf(scene.temporal, workflowId));
    const versions = activities.map(({ input }) => (input as { apiVersion?: string }).apiVersion);
    return versions.filter((version, at) => version !== versions[at - 1]);
  }

  /** A download of the output names no version. */
  const requestsFor = (runId: string) =>
    scene.emulator.requests.filter((one) => one.runId === runId && one.operation !== 'content');
  const askedVersions = (runId: string) => [...new Set(requestsFor(runId).map(({ apiVersion }) => apiVersion))];

  it.each([OLD, NEW] as const)(
    'attaches by the run id alone, whose beginning tells the version: %s',
    async (apiVersion) => {
      const { fileUrl, workflowId } = scene.document('three');
      const runId = await scene.createRun({ fileUrl }, apiVersion);
      expect(runId).toMatch(apiVersion === NEW ? /^pr_/ : /^parser_run_/);
      const result = await scene.client.execute({ runId }, { workflowId });
      expect(result).toMatchObject({ runId, apiVersion, submits: 0, pageCount: 3 });
      expect(askedVersions(runId)).toEqual([apiVersion]);
      expect(await toldVersions(workflowId)).toEqual([apiVersion]);
    },
  );

  it('attaches in the version that the input names, whatever the id begins with', async () => {
    const { fileUrl, workflowId } = scene.document('three');
    const runId = await scene.createRun({ fileUrl }, workerVersion);
    const handle = await scene.client.start({ runId, apiVersion: otherVersion, result: 'stored' }, { workflowId });
    expect(await handle.result()).toMatchObject({ runId, apiVersion: otherVersion, submits: 0, pageCount: 3 });
    expect(askedVersions(runId)).toEqual([otherVersion]);
    expect(await handle.progress()).toMatchObject({ apiVersion: otherVersion });
  });

  it.each(ENGINES)('attaches in its own version where nothing tells another, and keeps it: %s', async (engine) => {
    foreignPolls = 0;
    const { workflowId } = scene.document('foreign');
    const runId = `run_foreign_${engine}`;
    const handle = await scene.client.start({ runId, polling: { engine } }, { workflowId });
    const result = await handle.result();
    expect(result).toMatchObject({ runId, apiVersion: workerVersion, output: { chunks: [{ content: 'foreign' }] } });
    expect(foreignPolls).toBe(2);
    // The first poll asks the worker for its version. The workflow keeps the answer for all later activities.
    expect(await toldVersions(workflowId)).toEqual(engine === 'timer' ? ['worker', workerVersion] : ['worker']);
    expect(await handle.progress()).toMatchObject({ apiVersion: workerVersion });
  });

  it('attaches to no run that its version does not know', async () => {
    const failure = await failureOf(scene.client.execute({ runId: 'run_else' }));
    expect(failure).toMatchObject({ type: 'ParserRunNotFound', details: { runId: 'run_else', status: 404 } });
  });

  it.each([otherVersion, undefined])('finishes a document that it carries over in version %s', async (apiVersion) => {
    const { fileUrl, workflowId } = scene.document('three');
    const runId = await scene.createRun({ fileUrl }, apiVersion ?? OLD);
    const startedAtMs = await scene.parsing.env.currentTimeMs();
    const carried: CarriedState = {
      ...{ startedAtMs, phase: 'waiting', submits: 1, rejections: 0, polls: 4, runId, status: 'PROCESSING' },
      ...(apiVersion && { apiVersion }),
    };
    const args = [{ file: { fileUrl } }, carried];
    const options = { taskQueue: scene.parsing.taskQueue, workflowId, args };
    const result: ParseResult = await scene.temporal.workflow.execute('parseDocument', options);
    // A state of version 0.1.0 names no version of the API: its runs are of version 2025-04-21.
    expect(result).toMatchObject({ runId, apiVersion: apiVersion ?? OLD, submits: 1, polls: 6 });
    expect(askedVersions(runId)).toEqual([apiVersion ?? OLD]);
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1 });
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(5);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});

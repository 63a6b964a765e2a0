/** Risk tested here: the pages of a batch, with the URL of each document, stay in the result store after its end. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { createParseActivities } from '../../activities';
import { createFileStore, StoreRefusedError, type ResultStore } from '../../storage';
import type { BatchHandle, BatchInput, BatchResult } from '../../client';
import { runActivity } from '../activities/run-activity';
import { until } from '../support/until';
import { bundledWorkflows } from '../workflows/bundled-workflows';
import { failureOf, Scene } from '../workflows/scene';
import { ENDLESS, endedUrlOf, outcomesOf, QUICK } from './batches';

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'batch-pages-'));
  directories.push(directory);
  return directory;
}

const SIGNATURE = 'SIGCANARY';

/** Paths of the batches' files in a store. With `holding`, only those that hold the text. */
function filesOf(directory: string, holding = ''): string[] {
  const batches = join(directory, 'batches');
  const files = readdirSync(batches, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return files.filter((name) => readFileSync(join(batches, name), 'utf8').includes(holding)).sort();
}

/** A document whose run has ended at its first poll. */
const document = (name: string, index: number, script = 'ok') => ({
  file: { fileUrl: `${endedUrlOf(name, index, script)}&signature=${SIGNATURE}` },
});
const documents = (name: string, count: number) => Array.from({ length: count }, (_, at) => document(name, at));

describe('The pages of a batch', () => {
  const directory = makeDirectory();
  const files = createFileStore({ directory });
  let refusals = 0;
  /** A store of files that refuses to delete anything of one batch. */
  const resultStore: ResultStore = {
    ...files,
    async delete(uri, options) {
      if (!uri.includes('/batches/refusing-')) return files.delete?.(uri, options);
      refusals += 1;
      throw new StoreRefusedError('deleting is not allowed');
    },
  };
  const scene = new Scene({ server: 'dev-server', parse: { resultStore, sourceDirectory: directory } });
  const start = async (name: string, input: BatchInput) => scene.client.startBatch(input, { idempotencyKey: name });

  /** Pages are written, and hold the URLs, while the batch is in flight. */
  async function withPages(handle: BatchHandle): Promise<void> {
    await until(async () => (await handle.progress()).total !== undefined);
    expect(filesOf(directory, SIGNATURE)).not.toEqual([]);
  }

  it('are deleted when all documents have ended, and the same key still finds the outcomes', async () => {
    // A page has at most 400,000 bytes, so these are two.
    const padding = 'x'.repeat(30_000);
    const list = documents('all', 14).map(({ file }) => ({ file: { fileUrl: `${file.fileUrl}&padding=${padding}` } }));
    const input = { documents: list, defaults: QUICK, width: 200 };
    const handle = await start('all', input);
    expect(await handle.result()).toMatchObject({ total: 14, processed: 14 });
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
    expect(filesOf(directory).filter((path) => path.includes('/pages/'))).toEqual([]);
    expect(await outcomesOf(handle)).toHaveLength(14);
    const more = await start('all', { ...input, retryFailed: true });
    expect(await more.result()).toMatchObject({ total: 14, processed: 14 });
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
  });

  it('stay if the store refuses to delete, and the batch ends as usual', async () => {
    const handle = await start('refusing', { documents: documents('refusing', 2), defaults: QUICK });
    expect(await handle.result()).toMatchObject({ processed: 2 });
    const pages = filesOf(directory, SIGNATURE);
    expect(pages).toEqual([expect.stringMatching(/^refusing-/)]);
    expect(refusals).toBe(1);
    for (const path of pages) rmSync(join(directory, 'batches', path));
  });

  it('are deleted when the batch stops after failures, and the other documents are parsed when it is started again', async () => {
    const list = [document('stopped', 0, 'failing'), ...documents('stopped', 3)];
    const input = { documents: list, defaults: QUICK, width: 1, stopAfterFailures: 1 };
    expect(await (await start('stopped', input)).result()).toMatchObject({ total: 4, processed: 0, failed: 1 });
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
    expect(await (await start('stopped', input)).result()).toMatchObject({ total: 4, processed: 3, failed: 1 });
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
  });

  it.each(['cancel', 'abandon'] as const)(
    'are deleted when the batch is cancelled with onCancel %s',
    async (onCancel) => {
      const list = [{ ...document(onCancel, 0), ...ENDLESS }, ...documents(onCancel, 2)];
      const handle = await start(onCancel, { documents: list, width: 1, onCancel });
      await until(async () => (await handle.progress()).inFlight === 1);
      await withPages(handle);
      await handle.cancel();
      expect((await failureOf(handle.result())).type).toBe('Cancelled');
      expect(filesOf(directory, SIGNATURE)).toEqual([]);
    },
  );

  it('are deleted when the batch is cancelled before anything has an outcome', async () => {
    await scene.temporal.workflow.signalWithStart('parseBatch', {
      taskQueue: scene.parsing.taskQueue,
      workflowId: 'paused',
      args: [{ documents: documents('paused', 2) }],
      signal: 'pause',
    });
    const handle = scene.client.getBatchHandle('paused');
    await withPages(handle);
    await handle.cancel();
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
    expect(filesOf(directory).filter((path) => path.includes('paused') && path.includes('outcomes'))).toEqual([]);
    const history = await scene.temporal.workflow.getHandle('paused').fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: await bundledWorkflows() }, history, 'paused');
  });

  /** A list of one document. Its run has failed by the first poll, which comes after the signal `runFinished` only. */
  const heldList = (name: string) => [{ ...document(name, 0, 'failing'), ...ENDLESS }];

  it('of a terminated batch are deleted when it is started again', async () => {
    const list = heldList('terminated');
    const handle = await start('terminated', { documents: list });
    await until(async () => (await handle.progress()).inFlight === 1);
    await scene.temporal.workflow.getHandle('terminated').terminate();
    expect(filesOf(directory, SIGNATURE)).toHaveLength(1);
    const again = await start('terminated', { documents: list });
    expect(await endHeld(again, list)).toMatchObject({ total: 1, failures: { ParserRunFailed: 1 } });
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
  });

  it('are deleted when a bad line ends the batch before it begins', async () => {
    const path = join(directory, 'bad.jsonl');
    const lines = [...documents('bad', 300).map((line) => JSON.stringify(line)), 'no JSON'];
    writeFileSync(path, lines.join('\n'));
    const handle = await start('bad', { manifest: pathToFileURL(path).href, onBadLine: 'fail' });
    expect((await failureOf(handle.result())).type).toBe('InvalidInput');
    expect(filesOf(directory, SIGNATURE)).toEqual([]);
  });

  it('are readable by the current user only', async () => {
    const list = heldList('modes');
    const handle = await start('modes', { documents: list });
    await withPages(handle);
    const [page = ''] = filesOf(directory, SIGNATURE);
    const modes = [page, join(page, '..')].map((path) => statSync(join(directory, 'batches', path)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o700]);
    await endHeld(handle, list);
  });

  /** Ends the only document of a batch, whose run has already failed. */
  async function endHeld(handle: BatchHandle, list: ReturnType<typeof heldList>): Promise<BatchResult> {
    const workflowId = `${handle.workflowId}/1`;
    await until(async () => (await handle.progress()).inFlight === 1);
    // A document counts as in flight before its workflow exists. A signal that comes before the wait is remembered.
    for (const { file } of list) await scene.seen({ ...file, workflowId }, 'submit');
    await scene.client.getHandle(workflowId).runFinished();
    return handle.result();
  }
});

describe('Deleting pages', () => {
  const location = { directory: 'batches/b/s', uri: 'mem:///batches/b/s' };
  const deleting = (deleteUri: (uri: string) => Promise<void>): ResultStore => ({
    ...createFileStore({ directory: makeDirectory() }),
    delete: (uri) => deleteUri(uri),
  });
  const deletePages = async (store: ResultStore, pages: number) =>
    runActivity(activitiesWith(store), 'writeOutcomes', {
      place: location,
      segment: 1,
      outcomes: [],
      deletePages: pages,
    });
  const activitiesWith = (resultStore: ResultStore) =>
    createParseActivities({ apiKey: 'test', baseUrl: 'http://127.0.0.1:1', resultStore });

  it('deletes several pages at a time, and the others if one cannot be deleted', async () => {
    const seen: string[] = [];
    let atOnce = 0;
    let most = 0;
    const store = deleting(async (uri) => {
      seen.push(uri);
      most = Math.max(most, (atOnce += 1));
      await sleep(1);
      atOnce -= 1;
      if (uri.endsWith('/7.jsonl')) throw new Error('busy');
    });
    await deletePages(store, 300);
    expect(new Set(seen).size).toBe(300);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
  });

  it('leaves the pages after a failure that is retried: another attempt may have written them again', async () => {
    const deleted: string[] = [];
    const files = deleting(async (uri) => void deleted.push(uri));
    const failing: ResultStore = {
      ...files,
      async write(name, content, options) {
        if (name.endsWith('/pages/2.jsonl')) throw new Error('the connection was reset');
        return files.write(name, content, options);
      },
    };
    const batch = { documents: documents('retried', 201) };
    const preparing = runActivity(activitiesWith(failing), 'prepareBatch', { batch, startId: 's' });
    await expect(preparing).rejects.toThrow('the connection was reset');
    expect(deleted).toEqual([]);
  });

  it('is left out if the store has no delete', async () => {
    const directory = makeDirectory();
    const resultStore = createFileStore({ directory });
    delete resultStore.delete;
    const activities = activitiesWith(resultStore);
    const batch = { documents: documents('keeping', 2) };
    const { place, pages } = await runActivity(activities, 'prepareBatch', { batch, startId: 's' });
    await runActivity(activities, 'writeOutcomes', { place, segment: 1, outcomes: [], deletePages: pages });
    expect(filesOf(directory, SIGNATURE)).toHaveLength(1);
  });
});

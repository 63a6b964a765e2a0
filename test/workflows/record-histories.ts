/**
 * Records the histories that `replay.test.ts` replays. This file is not a test of the suite. Run it after a change that
 * intentionally makes new histories. Use a new version in the names, and keep the old files:
 *
 *   npm run build && npx jest --testMatch '<rootDir>/test/workflows/record-histories.ts'
 *
 * With `-t documents`, `-t 'all batches'` or `-t bulk` it records one kind only.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Duration } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { BatchInput, BatchProgress, EarlierParse, ParseInput } from '../../contract';
import { ParseClient, type ParseHandle } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { httpReply, rateLimitedReply, resetReply, type EmulatorRequest } from '../../testing';
import { createParseWorker } from '../../worker';
import { devServerExecutable, startOwnDevServer } from '../support/servers';
import { until } from '../support/until';
import { bundledWorkflows } from './bundled-workflows';
import { HISTORIES_DIRECTORY } from './recorded-histories';

const VERSION = 'v3';
/** Version of Extend's API in which the documents are submitted. The histories before v3 are of 2025-04-21. */
const API_VERSION = '2026-02-09';
const QUICK = { initialDelayMs: 100, maxDelayMs: 100 };
const HOURLY = { initialDelayMs: 0, scaleMs: 1e9, maxDelayMs: 3_600_000 };
const SCRIPTS = {
  failed: { status: 'FAILED', failureReason: 'CORRUPT_FILE' },
  resubmitted: { submit: [rateLimitedReply({ retryAfter: 0 }), resetReply({ acted: true })] },
  refused: { submit: [httpReply({ status: 401, json: { error: { code: 'UNAUTHORIZED', message: 'bad key' } } })] },
  lost: { submit: [resetReply()] },
  faulty: { reads: [resetReply(), httpReply({ status: 500, json: { error: 'down' } })] },
};

/** One recording: an input, and the actions on the workflow while it is in flight. */
interface Recording {
  readonly input: ParseInput | BatchInput;
  readonly meanwhile?: (handle: ParseHandle, firstRead: () => Promise<unknown>) => Promise<unknown>;
  /** @default none */
  readonly startDelay?: Duration;
  /** A signal that is sent together with the start. @default none */
  readonly signal?: string;
}

const url = (script: string, query = '') => ({ fileUrl: `http://emulator.invalid/${script}?n=recorded${query}` });
const withRetries = { ...QUICK, engine: 'retry' } as const;
const wake: NonNullable<Recording['meanwhile']> = async (handle, firstRead) => {
  await firstRead();
  await handle.runFinished();
};
const cancel: NonNullable<Recording['meanwhile']> = async (handle, firstRead) => {
  await firstRead();
  await handle.cancel();
};

const startDocumentAgain: NonNullable<Recording['meanwhile']> = async ({ workflowId }, firstRead) => {
  await firstRead();
  await env.client.workflow.getHandle(workflowId).terminate();
  const run = emulator.runs.find(({ fileUrl }) => fileUrl?.includes('&again'));
  const earlier: EarlierParse = { submits: 1, run: { runId: run?.id ?? '', apiVersion: API_VERSION } };
  const input: ParseInput = { file: { fileUrl: run?.fileUrl ?? '' }, polling: QUICK };
  await env.client.workflow.start('parseDocument', {
    taskQueue: 'extend-parse',
    workflowId,
    args: [input, undefined, earlier],
  });
};

function recordings(source: string): Readonly<Record<string, Recording>> {
  return {
    'timer-succeeded': { input: { file: url('ok'), polling: QUICK } },
    'retry-succeeded': { input: { file: url('ok', '&engine=retry'), polling: withRetries } },
    failed: { input: { file: url('failed'), polling: QUICK } },
    refused: { input: { file: url('refused'), polling: QUICK } },
    faulty: { input: { file: url('faulty'), polling: QUICK } },
    cancelled: { input: { file: url('never', '&c=timer'), polling: HOURLY, deleteRun: 'always' }, meanwhile: cancel },
    'cancelled-retry': {
      input: { file: url('never', '&c=retry'), polling: { ...HOURLY, engine: 'retry' } },
      meanwhile: cancel,
    },
    resubmitted: { input: { file: url('resubmitted'), polling: QUICK } },
    'outcome-unknown': { input: { file: url('resubmitted', '&fail'), onAmbiguousSubmit: 'fail', polling: QUICK } },
    'found-none': { input: { file: url('lost'), reconcileMs: 1_500, polling: QUICK } },
    'started-again': { input: { file: url('ok', '&again&reads=9'), polling: HOURLY }, meanwhile: startDocumentAgain },
    woken: { input: { file: url('ok', '&w=timer'), polling: HOURLY }, meanwhile: wake },
    'woken-retry': { input: { file: url('ok', '&w=retry'), polling: { ...HOURLY, engine: 'retry' } }, meanwhile: wake },
    'continued-as-new': { input: { file: url('ok', '&reads=9'), polling: QUICK } },
    deleted: { input: { file: url('ok', '&deleted'), polling: QUICK, deleteRun: 'afterSuccess' } },
    deadline: { input: { file: url('never', '&d=timer'), polling: QUICK, deadlineMs: 5_000 } },
    'deadline-retry': { input: { file: url('never', '&d=retry'), polling: withRetries, deadlineMs: 5_000 } },
    uploaded: { input: { file: { source }, polling: QUICK, deleteRun: 'always' } },
    stored: { input: { file: url('ok', '&stored'), polling: QUICK, result: 'stored' } },
    'too-large': { input: { file: url('ok', '&mb=2'), polling: QUICK } },
    'invalid-input': { input: { file: {} } as ParseInput },
    'start-delay': { input: { file: url('ok', '&delayed'), polling: QUICK, deadlineMs: 60_000 }, startDelay: '2s' },
  };
}

const documents = (count: number, script: string, query: string) =>
  Array.from({ length: count }, (_, index) => ({ file: url(script, `&b=${query}-${index}`) }));

function batchRecordings(): Readonly<Record<string, Recording>> {
  const defaults = { polling: QUICK };
  const endless = { polling: HOURLY, deadlineMs: 3_600_000 };
  const steer: NonNullable<Recording['meanwhile']> = async ({ workflowId }, firstRead) => {
    await firstRead();
    const handle = env.client.workflow.getHandle(workflowId);
    await handle.signal('pause');
    await handle.executeUpdate('setWidth', { args: [3] });
    await handle.signal('resume');
  };
  const cancelPrepared: NonNullable<Recording['meanwhile']> = async ({ workflowId }) => {
    const handle = env.client.workflow.getHandle(workflowId);
    await until(async () => (await handle.query<BatchProgress>('progress')).total === 2);
    await handle.cancel();
  };
  const startAgain: NonNullable<Recording['meanwhile']> = async ({ workflowId }, firstRead) => {
    await firstRead();
    await env.client.workflow.getHandle(workflowId).terminate();
    const input = { ...batches['started-again']?.input, retryFailed: true };
    await env.client.workflow.start('parseBatch', { taskQueue: 'extend-parse', workflowId, args: [input] });
  };
  const batches: Record<string, Recording> = {
    succeeded: { input: { documents: documents(3, 'ok', 'succeeded'), defaults } },
    stopped: { input: { documents: documents(4, 'failed', 'stopped'), defaults, width: 2, stopAfterFailures: 1 } },
    'continued-as-new': { input: { documents: documents(12, 'ok', 'continued'), defaults, width: 4 } },
    steered: { input: { documents: documents(5, 'ok', 'steered'), defaults, width: 1 }, meanwhile: steer },
    cancelled: { input: { documents: documents(2, 'never', 'cancelled'), defaults: endless }, meanwhile: cancel },
    'cancelled-while-paused': {
      input: { documents: documents(2, 'ok', 'paused') },
      meanwhile: cancelPrepared,
      signal: 'pause',
    },
    left: {
      input: { documents: documents(2, 'never', 'left'), defaults: endless, onCancel: 'abandon' },
      meanwhile: cancel,
    },
    'started-again': {
      input: { documents: [...documents(2, 'ok', 'again'), ...documents(1, 'failed', 'again')], defaults },
      meanwhile: startAgain,
    },
    'invalid-input': { input: { documents: [] } },
  };
  return batches;
}

let server: DevServer;
let env: TestWorkflowEnvironment;
let emulator: Emulator;
let directory: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'extend-parse-recorded-'));
  await writeFile(join(directory, 'note.txt'), '# A note\n');
  await mkdir(HISTORIES_DIRECTORY, { recursive: true });
  server = await startOwnDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 } });
  env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  emulator = await startEmulator({ scripts: SCRIPTS });
  const worker = await createParseWorker({
    connection: env.nativeConnection,
    activities: {
      apiKey: 'test',
      apiVersion: API_VERSION,
      baseUrl: emulator.url,
      sourceDirectory: directory,
      resultDirectory: directory,
    },
    shutdownGraceTimeMs: 0,
    worker: { workflowBundle: await bundledWorkflows() },
  });
  const ended = worker.run();
  stop = async () => {
    worker.shutdown();
    await ended;
  };
});

afterAll(async () => {
  await stop();
  await env.teardown();
  await emulator.close();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

it.each([
  ['documents', 'parseDocument', () => recordings(pathToFileURL(join(directory, 'note.txt')).href)],
  ['batches', 'parseBatch', batchRecordings],
] as const)('records all %s', async (_, workflowType, make) => {
  const all = Object.entries(make());
  const runs = await Promise.all(all.map(([name, recording]) => record(workflowType, name, recording)));
  expect(runs.flat().length).toBeGreaterThan(all.length);
});

it('records all bulk batches, each with the history of its only group', async () => {
  await Promise.all(Object.entries(bulkRecordings()).map(([name, recording]) => recordBulk(name, recording)));
});

async function recordBulk(name: string, { input, meanwhile }: Recording): Promise<void> {
  const workflowId = `parse-batch-${name}`;
  const options = { taskQueue: 'extend-parse', workflowId, args: [input] };
  const { firstExecutionRunId } = await env.client.workflow.start('parseBatch', options);
  const handle = new ParseClient({ client: env.client }).getHandle(workflowId);
  const isSubmitted = () => emulator.runs.some(({ fileUrl }) => fileUrl?.includes(`&b=${name}-`));
  await meanwhile?.(handle, () => until(async () => isSubmitted()));
  await handle.result().catch(() => undefined);
  await writeHistories(workflowId, `parse-batch.${VERSION}.${name}`);
  await writeHistories(`${workflowId}/group/${firstExecutionRunId}/1`, `parse-group.${VERSION}.${name}`);
}

function bulkRecordings(): Readonly<Record<string, Recording>> {
  const defaults = { polling: QUICK };
  const endless = { polling: HOURLY, deadlineMs: 3_600_000 };
  const submission = 'bulk';
  const wakeGroup: NonNullable<Recording['meanwhile']> = async ({ workflowId }, submitted) => {
    await submitted();
    const { runId } = await env.client.workflow.getHandle(workflowId).describe();
    await env.client.workflow.getHandle(`${workflowId}/group/${runId}/1`).signal('runFinished');
  };
  return {
    'bulk-succeeded': {
      input: {
        documents: [...documents(11, 'ok', 'bulk-succeeded'), ...documents(1, 'failed', 'b2')],
        defaults,
        submission,
      },
    },
    'bulk-deleted': {
      input: { documents: documents(10, 'ok', 'bulk-deleted'), defaults: { deleteRun: 'always' }, submission },
    },
    'bulk-woken': {
      input: { documents: documents(10, 'ok', 'bulk-woken'), defaults: { polling: HOURLY }, submission },
      meanwhile: wakeGroup,
    },
    'bulk-cancelled': {
      input: { documents: documents(10, 'never', 'bulk-cancelled'), defaults: endless, submission },
      meanwhile: cancel,
    },
    'bulk-left': {
      input: { documents: documents(10, 'never', 'bulk-left'), defaults: endless, submission, onCancel: 'abandon' },
      meanwhile: cancel,
    },
  };
}

const FILES = { parseDocument: 'parse-document', parseBatch: 'parse-batch' };

async function record(
  workflowType: keyof typeof FILES,
  name: string,
  { input, meanwhile, startDelay, signal }: Recording,
): Promise<string[]> {
  // This bypasses the client, because the client would refuse a wrong input.
  const workflowId = `${FILES[workflowType]}-${name}`;
  const options = {
    taskQueue: 'extend-parse',
    workflowId,
    args: [input],
    ...(startDelay !== undefined && { startDelay }),
  };
  if (signal === undefined) await env.client.workflow.start(workflowType, options);
  else await env.client.workflow.signalWithStart(workflowType, { ...options, signal });
  const handle = new ParseClient({ client: env.client }).getHandle(workflowId);
  await meanwhile?.(handle, () => emulator.waitFor((request) => isAnsweredRead(request, input)));
  await handle.result().catch(() => undefined);
  return writeHistories(workflowId, `${FILES[workflowType]}.${VERSION}.${name}`);
}

/** Writes the histories of all executions of a workflow, and returns them. */
async function writeHistories(workflowId: string, fileName: string): Promise<string[]> {
  const files: string[] = [];
  let { runId } = await env.client.workflow.getHandle(workflowId).describe();
  while (runId !== '') {
    const json = await exported(workflowId, runId);
    files.unshift(json);
    runId = /"continuedExecutionRunId": "([^"]+)"/.exec(json)?.[1] ?? '';
  }
  for (const [at, json] of files.entries()) {
    const run = files.length === 1 ? '' : `-${at + 1}`;
    const text = `${JSON.stringify(withoutMachine(JSON.parse(json)), undefined, 1)}\n`;
    await writeFile(join(HISTORIES_DIRECTORY, `${fileName}${run}.json`), text);
  }
  return files;
}

/** Returns the history in the format of Temporal's own command. */
async function exported(workflowId: string, runId: string): Promise<string> {
  const which = ['--workflow-id', workflowId, '--run-id', runId];
  const args = ['workflow', 'show', '--address', server.address, ...which, '--output', 'json'];
  const { stdout } = await promisify(execFile)(devServerExecutable(), args, { maxBuffer: 50_000_000 });
  return stdout;
}

function isAnsweredRead({ operation, outcome, runId }: EmulatorRequest, input: Recording['input']): boolean {
  const { file } = ('documents' in input ? input.documents[0] : input) as { file: { fileUrl?: string } };
  const { fileUrl } = file;
  const isAbout = emulator.runs.some((run) => run.id === runId && run.fileUrl === fileUrl);
  return operation === 'read' && outcome === 'answered' && isAbout;
}

/** Removes all traces of the machine that recorded: process and host, stack traces, directories. */
function withoutMachine(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((member) => withoutMachine(member));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutMachine(member, key)]));
  }
  if (typeof value !== 'string') return value;
  if (name === 'identity') return 'worker';
  if (name === 'stackTrace') return '';
  if (name !== 'data') return value.replaceAll(directory, '/data');
  return Buffer.from(Buffer.from(value, 'base64').toString('utf8').replaceAll(directory, '/data')).toString('base64');
}

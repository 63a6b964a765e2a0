import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_NAMESPACE, withoutBlanks } from '../../contract';
import type { Environment } from '../../contract';
import { DEFAULT_API_VERSION } from '../../contract/extend';
import { IdempotencyKeyReusedError, type BatchHandle, type DocumentOutcome } from '../../client';
import { defined } from '../../json';
import { type BatchArguments, shortHash } from './batch-arguments';
import { type BatchContext, interrupt, tell } from './batch-end';
import { manifestOf, removeManifest, toInput, toSummary } from './batch-input';
import { createBatchDisplay } from './batch-display';
import { checkEarlierBatch, outMemo, privateTaskQueue } from './check-earlier-batch';
import { BatchOutputs, OUTCOME_LIST, toBatchNames, type BatchOutputsOptions } from './batch-outputs';
import { EndedDocuments, type EndedDocument } from './ended-documents';
import { namedDocumentsOf, namedDocumentsOfManifest } from './named-documents';
import { checkWorkers } from '../check-temporal';
import { readConfiguredTemporal } from '../connect-temporal';
import { findBatchFailure } from '../current-failure';
import { CommandError, EXIT_STATUS, type ExitStatus, interruptedError, usageError } from '../exit-status';
import { listenForInterruption, untilAborted } from '../interruption';
import { createKept } from '../kept-directory';
import { OutputDirectory } from '../output-directory';
import { quietRuntime } from '../parse-command';
import { type LastingParts, startParseServices, type RunningWorkers } from '../parse-services';
import { type CallSettings, readCallSettings } from '../call-settings';
import { toFileNames } from '../write-outputs';

/** Time between two queries of the progress, in milliseconds. */
const PROGRESS_INTERVAL_MS = 1_000;
/** Time between two looks for documents that have ended, in milliseconds. */
const COLLECT_INTERVAL_MS = 2_000;
/** The next look follows after this many times the duration of the last one. */
const READ_PAUSE = 10;

/**
 * `extend-parse batch`: parses many documents as one batch, and writes markdown and result of each document when it has
 * ended. Another call with the same key continues the same batch, and parses no document again that is done.
 *
 * @throws CommandError for wrong usage, before anything is started, and if there is no Temporal server.
 */
export async function batchCommand(given: BatchArguments, env: Environment): Promise<ExitStatus> {
  const configured = readSettings(given, env);
  checkBulk(given, configured);
  const results = await openOutput(given);
  const kept = await createKept(given.out);
  const manifest = configured.workers === undefined ? await manifestOf(given, kept) : undefined;
  const settings = { ...configured.call, documents: [...given.documents, ...(manifest ? [manifest] : [])] };
  const interruption = listenForInterruption();
  const display = await createBatchDisplay(given.json ? process.stderr : process.stdout);
  const say = (line: string) => display.say(line);
  try {
    await quietRuntime();
    const { signal } = interruption;
    const lasting = lastingParts(given.key, kept);
    const { workers } = configured;
    const services = await startParseServices({ settings, signal, say, lasting, ...defined({ workers }) });
    const outputs = await BatchOutputs.open({ ...results, services, say });
    const taskQueue = workers?.taskQueue ?? lasting.taskQueue;
    const namespace = settings.temporal?.namespace ?? DEFAULT_NAMESPACE;
    const context = { services, manifest, outputs, display, signal, taskQueue, namespace };
    const status = await parse(given, context).finally(() => services.close());
    // All documents have ended, so no workflow polls a run of the emulator any more.
    if (!signal.aborted) await rm(lasting.emulatorDirectory, { recursive: true, force: true });
    return status;
  } catch (error) {
    throw interruption.signal.aborted ? interruptedError(error) : error;
  } finally {
    display.close();
    interruption.dispose();
  }
}

/** The configuration of a call, and the workers that it uses if it runs no worker itself. */
interface BatchSettings {
  readonly call: CallSettings;
  readonly workers?: RunningWorkers;
}

/** @throws CommandError that names the wrong or missing variable */
function readSettings({ documents, out, json, force, taskQueue }: BatchArguments, env: Environment): BatchSettings {
  const given = { documents, refused: [], isSample: false, out, json, force, options: {} };
  if (taskQueue === undefined) return { call: readCallSettings(given, env) };
  const temporal = readConfiguredTemporal(env);
  if (temporal === undefined) throw usageError('--task-queue needs a Temporal server: set TEMPORAL_ADDRESS');
  const resultDirectory = withoutBlanks(env)['EXTEND_PARSE_RESULT_DIR'];
  if (resultDirectory === undefined) {
    throw usageError(
      '--task-queue needs EXTEND_PARSE_RESULT_DIR: the directory in which the workers store results, seen from here',
    );
  }
  return { call: { ...given, temporal }, workers: { taskQueue, resultDirectory } };
}

/** The version of running workers is not known here. They refuse a bulk batch themselves. @throws CommandError */
function checkBulk({ bulk }: BatchArguments, { call, workers }: BatchSettings): void {
  const { apiVersion = DEFAULT_API_VERSION } = call;
  if (!bulk || workers !== undefined || apiVersion === '2026-02-09') return;
  throw usageError(
    `--bulk needs version 2026-02-09 of Extend's API, and this call submits with ${apiVersion}: give --api-version 2026-02-09`,
  );
}

/** The task queue and directories with which a later call with the same key continues the batch. */
function lastingParts(key: string, kept: string): LastingParts {
  return {
    taskQueue: privateTaskQueue(key),
    resultDirectory: join(kept, 'results'),
    emulatorDirectory: join(kept, `emulator-${shortHash(key)}`),
  };
}

/** Checks that all results can be written, before any document is submitted. */
async function openOutput({
  documents,
  isManifest,
  out,
  force,
}: BatchArguments): Promise<Pick<BatchOutputsOptions, 'output' | 'ids'>> {
  const [first] = documents;
  const named =
    isManifest && first !== undefined && 'path' in first.location
      ? await namedDocumentsOfManifest(first.location.path)
      : namedDocumentsOf(documents);
  const paths = named.flatMap(({ path }) => path ?? []);
  const output = await OutputDirectory.open({ path: out, documents: paths, force });
  const ids = named.map(({ id }) => id);
  const names = [...toBatchNames(ids).values()].flatMap((name) => Object.values(toFileNames(name)));
  await output.check([...names, OUTCOME_LIST]);
  return { output, ids };
}

async function parse(given: BatchArguments, context: BatchContext): Promise<ExitStatus> {
  const { services, manifest, outputs, display, signal } = context;
  const handle = await startBatch(given, context);
  await sayWorkers(given, context);
  const following = new AbortController();
  const result = handle.result();
  const collecting = collect(given, handle, context, following.signal).catch(() => undefined);
  void follow(handle, context, following.signal);
  const ended = await Promise.race([result, services.broken, untilAborted(signal)]).finally(() => following.abort());
  if (ended === undefined) {
    await interrupt(given, { handle, result, collecting }, context);
    // On a configured server the batch goes on, and may not have read the manifest yet.
    if (services.local.temporal) await removeManifest(given, manifest);
    return EXIT_STATUS.interrupted;
  }
  await removeManifest(given, manifest);
  await collecting;
  display.close();
  return await tell(given, { ended, reports: await outputs.finish(handle.outcomes()) }, context);
}

/** Says under which id the batch is at Temporal, and which workers parse its documents. */
async function sayWorkers({ key, taskQueue: running }: BatchArguments, context: BatchContext): Promise<void> {
  const { services, display, taskQueue, namespace } = context;
  display.say(`batch ${key}`);
  const workers = running === undefined ? 'only this call polls it' : 'its workers parse the documents';
  display.say(`workflow id ${key}, task queue ${taskQueue}: ${workers}`);
  if (running === undefined) return;
  const { state, says } = await checkWorkers(services.temporal.connection, { namespace, taskQueue });
  if (state !== 'ok') display.say(says);
}

/**
 * Writes the files of each document when it has ended. The list of Temporal may fail: the end of the batch needs no list.
 * The documents of a group have no workflows, but the batch writes their outcomes soon.
 */
async function collect(
  { key, bulk }: BatchArguments,
  handle: BatchHandle,
  { services, outputs }: BatchContext,
  signal: AbortSignal,
): Promise<void> {
  const { temporal, client } = services;
  const { startTime } = await temporal.workflow.getHandle(key).describe();
  const documents = new EndedDocuments({ temporal, client, batchId: key, sinceMs: startTime.getTime() });
  for (;;) {
    const isLast = signal.aborted;
    const startedMs = performance.now();
    await outputs.add(documents.next()).catch(() => undefined);
    if (bulk) await outputs.add(endedOnes(handle.outcomes())).catch(() => undefined);
    if (isLast) return;
    // All outcomes are read each time, so they are read less often when there are many.
    const pauseMs = Math.max(COLLECT_INTERVAL_MS, READ_PAUSE * (performance.now() - startedMs));
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* endedOnes(outcomes: AsyncIterable<DocumentOutcome>): AsyncGenerator<EndedDocument, void> {
  for await (const outcome of outcomes) {
    if (outcome.status === 'processed' || outcome.status === 'failed') yield outcome;
  }
}

/**
 * Starts the batch, or continues the batch of its key.
 *
 * @throws CommandError if the key belongs to other documents, another `--out` or another task queue.
 */
async function startBatch(
  given: BatchArguments,
  { services, manifest, taskQueue }: BatchContext,
): Promise<BatchHandle> {
  const input = toInput(given, manifest, services);
  try {
    await checkEarlierBatch(given, services.temporal, taskQueue);
    const workflow = { memo: outMemo(given), ...defined({ staticSummary: toSummary(given) }) };
    return await services.client.startBatch(input, { idempotencyKey: given.key, workflow });
  } catch (error) {
    const isOfOthers = error instanceof IdempotencyKeyReusedError;
    if (isOfOthers || error instanceof CommandError) await removeManifest(given, manifest);
    if (!isOfOthers) throw error;
    throw usageError(
      `the key '${given.key}' belongs to a batch of other documents or of another --out: repeat that call, or give another --key`,
    );
  }
}

async function follow(handle: BatchHandle, context: BatchContext, signal: AbortSignal): Promise<void> {
  const { services, display } = context;
  while (!signal.aborted) {
    // A query that fails is ignored, because the result tells how the batch ends.
    const progress = await handle.progress().catch(() => undefined);
    const failure = await findBatchFailure(services.temporal, handle.workflowId).catch(() => undefined);
    if (progress !== undefined && !signal.aborted) display.update(progress, failure);
    await sleep(PROGRESS_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

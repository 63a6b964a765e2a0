import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { BatchInput, BatchResult, Environment } from '../../contract';
import { IdempotencyKeyReusedError, type BatchHandle } from '../../client';
import { defined } from '../../json';
import { type BatchArguments, shortHash, toListName } from './batch-arguments';
import { type BatchDisplay, createBatchDisplay, toBatchLine } from './batch-display';
import { namedDocumentsOf, namedDocumentsOfManifest, toIds } from './named-documents';
import { toBatchNames, writeBatchOutputs } from './write-batch-outputs';
import type { Document } from '../documents';
import { EXIT_STATUS, type ExitStatus, usageError } from '../exit-status';
import { listenForInterruption, untilAborted } from '../interruption';
import { createKept } from '../kept-directory';
import { OutputDirectory } from '../output-directory';
import { quietRuntime } from '../parse-command';
import { EMULATOR_POLLING } from '../parse-call';
import { type LastingParts, startParseServices, type ParseServices } from '../parse-services';
import { readCallSettings } from '../call-settings';
import { printForMachine } from '../standard-streams';
import { toFileNames } from '../write-outputs';

/** Permissions for the current user only, because the list of documents holds URLs. */
const PRIVATE_FILE = 0o600;
/** Time between two queries of the progress, in milliseconds. */
const PROGRESS_INTERVAL_MS = 1_000;
/** Time limit for the cancellation of a batch on a server of this call, in milliseconds. */
const CANCEL_TIMEOUT_MS = 10_000;

/**
 * `extend-parse batch`: parses many documents as one batch, and writes markdown and results. Another call with the same
 * key continues the same batch, and parses no document again that is done.
 *
 * @throws CommandError for wrong usage, before anything is started, and if there is no Temporal server.
 */
export async function batchCommand(given: BatchArguments, env: Environment): Promise<ExitStatus> {
  const { documents, out, json, force } = given;
  const configured = readCallSettings({ documents, isSample: false, out, json, force }, env);
  const results = await openOutput(given);
  const kept = await createKept(out);
  const manifest = await manifestOf(given, kept);
  const settings = { ...configured, documents: [...documents, manifest] };
  const interruption = listenForInterruption();
  const display = await createBatchDisplay(json ? process.stderr : process.stdout);
  const say = (line: string) => display.say(line);
  try {
    await quietRuntime();
    const { signal } = interruption;
    const lasting = lastingParts(given.key, kept);
    const services = await startParseServices({ settings, signal, say, lasting });
    const parsing = parse(given, { services, manifest, results, display, signal });
    const status = await parsing.finally(() => services.close());
    // All documents have ended, so no workflow polls a run of the emulator any more.
    if (!signal.aborted) await rm(lasting.emulatorDirectory, { recursive: true, force: true });
    return status;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    say('interrupted');
    return EXIT_STATUS.interrupted;
  } finally {
    display.close();
    interruption.dispose();
  }
}

/** The task queue and directories with which a later call with the same key continues the batch. */
function lastingParts(key: string, kept: string): LastingParts {
  return {
    taskQueue: `extend-parse-cli-${key}`,
    resultDirectory: join(kept, 'results'),
    emulatorDirectory: join(kept, `emulator-${shortHash(key)}`),
  };
}

/** Everything that a running batch uses. */
interface BatchContext {
  readonly services: ParseServices;
  readonly manifest: Document;
  readonly results: BatchOutput;
  readonly display: BatchDisplay;
  readonly signal: AbortSignal;
}

/** The directory of the results, and the ids from which their names are made. */
interface BatchOutput {
  readonly output: OutputDirectory;
  readonly ids: readonly string[];
}

/** Checks that all results can be written, before any document is submitted. */
async function openOutput({ documents, isManifest, out, force }: BatchArguments): Promise<BatchOutput> {
  const [first] = documents;
  const named =
    isManifest && first !== undefined && 'path' in first.location
      ? await namedDocumentsOfManifest(first.location.path)
      : namedDocumentsOf(documents);
  const paths = named.flatMap(({ path }) => path ?? []);
  const output = await OutputDirectory.open({ path: out, documents: paths, force });
  const ids = named.map(({ id }) => id);
  await output.check([...toBatchNames(ids).values()].flatMap((name) => Object.values(toFileNames(name))));
  return { output, ids };
}

async function parse(given: BatchArguments, context: BatchContext): Promise<ExitStatus> {
  const { services, manifest, results, display, signal } = context;
  const handle = await startBatch(given, manifest, services);
  display.say(`batch ${given.key}`);
  const following = new AbortController();
  const result = handle.result();
  void follow(handle, display, following.signal);
  const ended = await Promise.race([result, services.broken, untilAborted(signal)]).finally(() => following.abort());
  if (ended === undefined) {
    const status = await interrupt(handle, result, context);
    // On a configured server the batch goes on, and may not have read the manifest yet.
    if (services.local.temporal) await removeManifest(given, manifest);
    return status;
  }
  await removeManifest(given, manifest);
  display.close();
  const outputs = await writeBatchOutputs({ handle, services, ...results, say: (line) => display.say(line) });
  return await tell(given, { ended, outputs, services, display });
}

/**
 * Starts the batch, or continues the batch of its key.
 *
 * @throws CommandError if the key belongs to other documents or another `--out`.
 */
async function startBatch(given: BatchArguments, manifest: Document, services: ParseServices): Promise<BatchHandle> {
  try {
    return await services.client.startBatch(toInput(given, manifest, services), { idempotencyKey: given.key });
  } catch (error) {
    if (!(error instanceof IdempotencyKeyReusedError)) throw error;
    await removeManifest(given, manifest);
    throw usageError(
      `the key '${given.key}' belongs to a batch of other documents or of another --out: repeat that call, or give another --key`,
    );
  }
}

/**
 * Leaves a batch on a configured server. Cancels a batch on a server of this call, so that the outcomes are written.
 */
async function interrupt(
  handle: BatchHandle,
  result: Promise<BatchResult>,
  { services, display }: BatchContext,
): Promise<ExitStatus> {
  display.close();
  display.say('interrupted; the same command, given again, continues the batch');
  result.catch(() => undefined);
  if (!services.local.temporal) return EXIT_STATUS.interrupted;
  await handle.cancel();
  await Promise.race([result.catch(() => undefined), sleep(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
  return EXIT_STATUS.interrupted;
}

async function follow(handle: BatchHandle, display: BatchDisplay, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A query that fails is ignored, because the result tells how the batch ends.
    const progress = await handle.progress().catch(() => undefined);
    if (progress !== undefined && !signal.aborted) display.update(progress);
    await sleep(PROGRESS_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** An ended batch, and the number of its results that were written. */
interface Ended {
  readonly ended: BatchResult;
  readonly outputs: number;
  readonly services: ParseServices;
  readonly display: BatchDisplay;
}

async function tell(
  { key, json, out }: BatchArguments,
  { ended, outputs, services, display }: Ended,
): Promise<ExitStatus> {
  const { total, processed, failed, skippedLines } = ended;
  display.say(toBatchLine({ ...ended, done: processed + failed, inFlight: 0 }));
  if (skippedLines > 0) display.say(`${skippedLines} lines of the manifest are not documents`);
  display.say(`${outputs} results in ${out}; how each document ended: ${ended.outcomes.uri}`);
  const lost = json ? await printForMachine({ key, ...ended, local: services.local }) : undefined;
  if (lost !== undefined) display.say(`the summary could not be written: ${lost}`);
  const isComplete = processed === total && outputs === processed && skippedLines === 0 && lost === undefined;
  return isComplete ? EXIT_STATUS.success : EXIT_STATUS.failure;
}

function toInput(
  { width, stopAfter, retryFailed }: BatchArguments,
  manifest: Document,
  services: ParseServices,
): BatchInput {
  return {
    manifest: pathToFileURL('path' in manifest.location ? manifest.location.path : '').href,
    ...defined({
      defaults: services.local.extend ? { polling: EMULATOR_POLLING } : undefined,
      width,
      stopAfterFailures: stopAfter,
      retryFailed: retryFailed || undefined,
    }),
  };
}

/** The given manifest. For files and URLs it writes one, because there may be too many of them for a list. */
async function manifestOf({ documents, isManifest, key }: BatchArguments, kept: string): Promise<Document> {
  const [first] = documents;
  if (isManifest && first) return first;
  const path = join(kept, toListName(key));
  const ids = toIds(documents);
  const lines = documents.map((document) => `${JSON.stringify(toLine(document, ids))}\n`);
  await rm(path, { force: true });
  await writeFile(path, lines.join(''), { mode: PRIVATE_FILE, flag: 'wx' });
  return { input: path, label: path, location: { path } };
}

/**
 * Deletes the manifest that this command wrote, because it holds URLs with their queries. Each call writes it again.
 */
async function removeManifest({ isManifest }: BatchArguments, { location }: Document): Promise<void> {
  if (!isManifest && 'path' in location) await rm(location.path, { force: true });
}

/**
 * A line of the manifest. A document's label is its id, if it can be: the path of a file, or a URL without its query. A
 * batch that is started again recognizes its documents by their ids.
 */
function toLine({ input, label, location }: Document, ids: ReadonlySet<string>): object {
  const id = defined({ id: ids.has(label) ? label : undefined });
  if ('url' in location) return { ...id, file: { fileUrl: location.url } };
  const fileName = input.split(/[/\\]/).at(-1) ?? input;
  return { ...id, file: { source: pathToFileURL(location.path).href, fileName } };
}

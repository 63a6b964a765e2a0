import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { BatchInput, BatchResult, Environment } from '../../contract';
import { IdempotencyKeyReusedError, type BatchHandle } from '../../client';
import { type BatchArguments, shortHash } from './batch-arguments';
import { type BatchDisplay, createBatchDisplay, describeBatch } from './batch-display';
import { entriesOfDocuments, entriesOfManifest, toIds } from './batch-entries';
import { toBatchNames, writeBatchOutputs } from './batch-outputs';
import type { Document } from '../documents';
import { EXIT_STATUS, type ExitStatus, usageError } from '../exit-status';
import { listenForInterruption, untilAborted } from '../interruption';
import { KEPT, OutputDirectory } from '../output-directory';
import { quietRuntime } from '../parse-command';
import { EMULATOR_POLLING } from '../parse-call';
import { type LastingParts, startParseServices, type ParseServices } from '../parse-services';
import { readParseSettings } from '../parse-settings';
import { printForMachine } from '../standard-streams';
import { toFileNames } from '../write-outputs';

/** URLs and texts are for the own user only. */
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
/** Time between two looks at the batch, in milliseconds. */
const LOOK_MS = 1_000;
/** Time for a batch on a server of one's own to end in order, in milliseconds. */
const CANCEL_TIMEOUT_MS = 10_000;

/**
 * `extend-parse batch`: parses many documents as one batch, and writes markdown and results. Called again with the same
 * key it comes back to the same batch: what is done is not parsed again.
 *
 * @throws CommandError for wrong usage, before anything is started, and if there is no Temporal server.
 */
export async function batchCommand(given: BatchArguments, env: Environment): Promise<ExitStatus> {
  const { documents, out, json, force } = given;
  const configured = readParseSettings({ documents, isSample: false, out, json, force }, env);
  const results = await openOutput(given);
  const kept = resolve(out, KEPT);
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
    // All documents have ended, so no workflow asks for a run of the emulator any more.
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

/** The parts by which a later call with the same key finds the batch again. */
function lastingParts(key: string, kept: string): LastingParts {
  return {
    taskQueue: `extend-parse-cli-${key}`,
    resultDirectory: join(kept, 'results'),
    emulatorDirectory: join(kept, `emulator-${shortHash(key)}`),
  };
}

interface Surroundings {
  readonly services: ParseServices;
  readonly manifest: Document;
  readonly results: BatchOutput;
  readonly display: BatchDisplay;
  readonly signal: AbortSignal;
}

interface BatchOutput {
  readonly output: OutputDirectory;
  readonly ids: readonly string[];
}

/** Looks whether all results can be written, before any document is sent. */
async function openOutput({ documents, isManifest, out, force }: BatchArguments): Promise<BatchOutput> {
  const [first] = documents;
  const entries =
    isManifest && first !== undefined && 'path' in first.location
      ? await entriesOfManifest(first.location.path)
      : entriesOfDocuments(documents);
  const paths = entries.flatMap(({ path }) => path ?? []);
  const output = await OutputDirectory.open({ path: out, documents: paths, force });
  const ids = entries.map(({ id }) => id);
  await output.check([...toBatchNames(ids).values()].flatMap((name) => Object.values(toFileNames(name))));
  return { output, ids };
}

async function parse(given: BatchArguments, around: Surroundings): Promise<ExitStatus> {
  const { services, manifest, results, display, signal } = around;
  const handle = await startBatch(given, manifest, services);
  display.say(`batch ${given.key}`);
  const following = new AbortController();
  const result = handle.result();
  void follow(handle, display, following.signal);
  const ended = await Promise.race([result, services.broken, untilAborted(signal)]).finally(() => following.abort());
  if (ended === undefined) {
    const status = await interrupt(handle, result, around);
    // On a configured server the batch goes on, and may not have read the manifest yet.
    if (services.local.temporal) await removeManifest(given, manifest);
    return status;
  }
  await removeManifest(given, manifest);
  display.close();
  const outputs = await writeBatchOutputs({ handle, services, ...results, say: (line) => display.say(line) });
  return await tell(given, { ended, outputs, services, display });
}

/** Starts the batch, or finds it by its key. @throws CommandError if the key belongs to other documents or another `--out` */
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

/** A batch on a configured server stays there; one on a server of this call is ended, so that what is done is written. */
async function interrupt(
  handle: BatchHandle,
  result: Promise<BatchResult>,
  { services, display }: Surroundings,
): Promise<ExitStatus> {
  display.close();
  display.say('interrupted; the same command, given again, goes on from here');
  result.catch(() => undefined);
  if (!services.local.temporal) return EXIT_STATUS.interrupted;
  await handle.cancel();
  await Promise.race([result.catch(() => undefined), sleep(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
  return EXIT_STATUS.interrupted;
}

async function follow(handle: BatchHandle, display: BatchDisplay, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A look that fails is no matter: the result tells how the batch ends.
    const progress = await handle.progress().catch(() => undefined);
    if (progress !== undefined && !signal.aborted) display.update(progress);
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

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
  display.say(describeBatch({ ...ended, done: processed + failed, inFlight: 0 }));
  if (skippedLines > 0) display.say(`${skippedLines} lines of the manifest are no documents`);
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
    ...(services.local.extend && { defaults: { polling: EMULATOR_POLLING } }),
    ...(width !== undefined && { width }),
    ...(stopAfter !== undefined && { stopAfterFailures: stopAfter }),
    ...(retryFailed && { retryFailed }),
  };
}

/** The manifest that was given, or one of the files and URLs that were: there may be too many of them for an input. */
async function manifestOf({ documents, isManifest, key }: BatchArguments, kept: string): Promise<Document> {
  // The parents of a private directory get the permissions that the user wants.
  await mkdir(dirname(kept), { recursive: true });
  await mkdir(kept, { recursive: true, mode: PRIVATE_DIRECTORY });
  await chmod(kept, PRIVATE_DIRECTORY);
  const [first] = documents;
  if (isManifest && first) return first;
  const path = join(kept, `${encodeURIComponent(key)}.jsonl`);
  const ids = toIds(documents);
  const lines = documents.map((document) => `${JSON.stringify(toLine(document, ids))}\n`);
  await rm(path, { force: true });
  await writeFile(path, lines.join(''), { mode: PRIVATE_FILE });
  return { input: path, label: path, location: { path } };
}

/** Deletes the manifest that this command wrote. It holds URLs with their queries, and each call writes it anew. */
async function removeManifest({ isManifest }: BatchArguments, { location }: Document): Promise<void> {
  if (!isManifest && 'path' in location) await rm(location.path, { force: true });
}

/** A file is known by its path when the batch is started again, a URL by itself without its query, if no other is the same. */
function toLine({ input, label, location }: Document, ids: ReadonlySet<string>): object {
  const id = ids.has(label) ? { id: label } : {};
  if ('url' in location) return { ...id, file: { fileUrl: location.url } };
  const fileName = input.split(/[/\\]/).at(-1) ?? input;
  return { ...id, file: { source: pathToFileURL(location.path).href, fileName } };
}

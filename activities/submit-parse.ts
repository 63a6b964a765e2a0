import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { findIdProblem, type RunState, type SubmittedFile } from '../contract/extend';
import { defined } from '../json';
import { createRedactor, passwordSecrets, querySecrets, urlSecrets, type Secret } from '../privacy';
import { startTimeLimit, type ExtendClient } from '../http';
import type { OpenedSource, SourceResolver } from '../storage';
import { closeSource, openSource, resolverFailure } from './open-source';
import { noStore } from './store-result';
import { toRunMetadata } from './run-metadata';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { ParseActivities, SubmitParseInput } from './types';
import { checkVersionedFields, PASSWORD_FIELD } from './version-of';

/** Settings of {@link createSubmitParse}. */
export interface SubmitParseOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** Resolver that opens a source by its name. */
  readonly sources: SourceResolver;
  /** `true`: the worker can store results. */
  readonly hasStore: boolean;
  /** `true`: the metadata of each run on version 2026-02-09 contain the identity of its submit. */
  readonly runMetadata: boolean;
}

/**
 * Builds the activity that submits a document to Extend once. The submit ignores cancellation: a request in flight may
 * create a run that is billed, so the activity waits for the answer up to the time limit of the submit, to learn the
 * run id.
 *
 * @returns an activity that fails with one of these types; the workflow decides how to continue.
 *  - `RateLimited`, `Unavailable`: Extend certainly did not accept the document.
 *  - `SubmitOutcomeUnknown`: the run may exist and be billed.
 *  - `Unauthorized`, `OutOfCredits`, `FileNotFound`, `RequestRejected`, `EndpointNotFound`, `ApiVersionRemoved`,
 *    `SourceUnavailable`: refused; final.
 *  - `InvalidInput`: the worker's version of the API cannot carry a field of the document; final, nothing was sent.
 *  - `ResultStoreFailed`: the result is to be stored, and the worker has no store; final, nothing was sent.
 *  - `ContractViolation`: accepted, but no request can name the run id, or no history may contain it; final, because
 *    another submit would be billed too.
 */
export function createSubmitParse(options: SubmitParseOptions): ParseActivities['submitParse'] {
  const { extend, sources, runMetadata, hasStore } = options;
  return async function submitParse(input) {
    const { file, config, dataRetention, versionedFields = [], workflowRevision } = input;
    const { apiVersion } = extend;
    if (input.result === 'stored' && !hasStore) throw noStore();
    checkVersionedFields(versionedFields, apiVersion);
    const metadata = metadataOf(input, runMetadata && apiVersion === '2026-02-09');
    const named = await namedFile(file, { sources, extend });
    if (named.password !== undefined) checkVersionedFields([PASSWORD_FIELD], apiVersion);
    const secrets = secretsOf(file, named);
    let run: RunState;
    try {
      const request = defined({ file: named, config, metadata, dataRetention });
      run = await extend.version(apiVersion).submitParse(request, { secrets });
    } catch (error) {
      throw toApplicationFailure(error, { purpose: 'submit', submittedIn: apiVersion });
    }
    checkRunId(run.runId, secrets, extend);
    return { ...run, apiVersion, ...defined({ workflowRevision }) };
  };
}

function metadataOf({ metadata, identity }: SubmitParseInput, isNamed: boolean): SubmitParseInput['metadata'] {
  return isNamed && identity !== undefined ? toRunMetadata(metadata, identity) : metadata;
}

/**
 * Gives the secrets that Extend's answer may repeat: the complete URL and the password that a resolver gave, or the
 * query of a URL of the input.
 */
export function secretsOf(file: SubmitParseInput['file'], { fileUrl, password }: SubmittedFile): readonly Secret[] {
  if (fileUrl === undefined) return [];
  return 'source' in file ? [...urlSecrets(fileUrl), ...passwordSecrets(password)] : querySecrets(fileUrl);
}

/**
 * Checks the id of an accepted run, because the history and later requests contain it. An id that repeats the API key
 * or the document's URL, or that no request can name, cannot be used. The failure is final, because another submit
 * would create another run.
 */
function checkRunId(runId: string, secrets: readonly Secret[], { redactor }: ExtendClient): void {
  const holdsSecret = () => redactor.holdsSecret(runId) || createRedactor(() => secrets).holdsSecret(runId);
  // The search for secrets comes second, because an id that is too long may have a megabyte.
  const problem = findIdProblem(runId) ?? (holdsSecret() ? "repeats the API key or the document's URL" : undefined);
  if (problem === undefined) return;
  const message = `Extend accepted the document, and its run cannot be followed: the id ${problem}; the run may be billed`;
  throw finalFailure('ContractViolation', message, { runMayExist: true, attempts: activityInfo().attempt });
}

/**
 * Time limit of a resolver, in milliseconds. The submit needs the rest of the activity's time limit. If Temporal ended
 * the activity during the submit, it would be unknown if a run exists.
 */
const RESOLVER_MS = 10_000;

type SourceOptions = Pick<SubmitParseOptions, 'extend' | 'sources'>;

/**
 * Gives the file of the request. The resolver makes the URL of a source immediately before the submit, and only Extend
 * gets the URL.
 */
async function namedFile(file: SubmitParseInput['file'], options: SourceOptions): Promise<SubmittedFile> {
  if (!('source' in file)) return file;
  const opened = await openInTime(file.source, options);
  if (!('fileUrl' in opened)) {
    await closeSource(opened);
    const attempts = activityInfo().attempt;
    throw finalFailure('SourceUnavailable', 'the resolver gave a URL first, and gave a content now', { attempts });
  }
  const fileName = file.fileName ?? opened.fileName;
  return { fileUrl: opened.fileUrl, ...defined({ fileName, password: opened.password }) };
}

/**
 * Opens a source within the time limit of a resolver.
 *
 * @throws as `openSource`
 */
export async function openInTime(source: string, options: SourceOptions): Promise<OpenedSource> {
  const cancelled = cancellationSignal();
  const limit = startTimeLimit(RESOLVER_MS, cancelled);
  try {
    return await openSource(source, { ...options, signal: limit.signal });
  } catch (error) {
    cancelled.throwIfAborted();
    throw limit.isOver ? resolverFailure(`it took longer than ${RESOLVER_MS} ms`) : error;
  } finally {
    limit.end();
  }
}

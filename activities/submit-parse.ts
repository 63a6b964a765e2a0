import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { findIdProblem, type ParseAsyncRequest, type RunState } from '../contract/extend';
import { createRedactor, querySecrets, urlSecrets, type Secret } from '../privacy';
import { startTimeLimit, type ExtendClient } from '../http';
import type { OpenedSource, SourceResolver } from '../storage';
import { closeSource, openSource, resolverFailure } from './open-source';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { ParseActivities, SubmitParseInput } from './types';

/** Settings of {@link createSubmitParse}. */
export interface SubmitParseOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** What opens a source by its name. */
  readonly sources: SourceResolver;
}

/**
 * Builds the activity that sends a document to Extend, once. It does not listen to cancellation: a request that is under
 * way may create a run that is billed, so it runs to the submit's own limit and its run id becomes known.
 *
 * @returns An activity that fails with one of these types; the workflow decides what follows.
 *  - `RateLimited`, `Unavailable`: surely not accepted.
 *  - `SubmitOutcomeUnknown`: the run may exist and be billed.
 *  - `Unauthorized`, `OutOfCredits`, `FileNotFound`, `RequestRejected`, `EndpointNotFound`, `ApiVersionRemoved`,
 *    `SourceUnavailable`: refused; final.
 *  - `ContractViolation`: accepted, but with a run id that no request can name or no history may hold; final, since
 *    another submit would be billed too.
 */
export function createSubmitParse({ extend, sources }: SubmitParseOptions): ParseActivities['submitParse'] {
  return async function submitParse({ file, config }) {
    const named = await namedFile(file, { sources, extend });
    const secrets = secretsOf(file, named.fileUrl);
    let run: RunState;
    try {
      run = await extend.submitParse({ file: named, ...(config && { config }) }, { secrets });
    } catch (error) {
      throw toApplicationFailure(error, { purpose: 'submit' });
    }
    checkRunId(run.runId, secrets, extend);
    return run;
  };
}

/** An answer may repeat what was sent: nothing of a resolver's URL is let out, and of a URL of the input no query. */
function secretsOf(file: SubmitParseInput['file'], fileUrl: string | undefined): readonly Secret[] {
  if (fileUrl === undefined) return [];
  return 'source' in file ? urlSecrets(fileUrl) : querySecrets(fileUrl);
}

/**
 * A run id goes into the history and into requests. One that repeats the API key or the document's URL, or that no request
 * can name, cannot be kept, and another submit would only create another run.
 */
function checkRunId(runId: string, secrets: readonly Secret[], { redactor }: ExtendClient): void {
  const holdsSecret = () => redactor.holdsSecret(runId) || createRedactor(() => secrets).holdsSecret(runId);
  // The search comes second: an id that is too long may be a megabyte.
  const problem = findIdProblem(runId) ?? (holdsSecret() ? "repeats the API key or the document's URL" : undefined);
  if (problem === undefined) return;
  const message = `Extend accepted the document, and its run cannot be followed: the id ${problem}; the run may be billed`;
  throw finalFailure('ContractViolation', message, { runMayExist: true, attempts: activityInfo().attempt });
}

/**
 * How long a resolver may take, in milliseconds: what is left of Temporal's limit is the submit's own, and one that is
 * cut off there would leave it unknown whether a run exists.
 */
const RESOLVER_MS = 10_000;

/** The URL of a source is made here, right before it is sent, and goes nowhere else. */
async function namedFile(
  file: SubmitParseInput['file'],
  options: SubmitParseOptions,
): Promise<ParseAsyncRequest['file']> {
  if (!('source' in file)) return file;
  const opened = await openInTime(file.source, options);
  if (!('fileUrl' in opened)) {
    await closeSource(opened);
    const attempts = activityInfo().attempt;
    throw finalFailure('SourceUnavailable', 'the resolver gave a URL first, and now a content', { attempts });
  }
  const fileName = file.fileName ?? opened.fileName;
  return { fileUrl: opened.fileUrl, ...(fileName !== undefined && { fileName }) };
}

async function openInTime(source: string, options: SubmitParseOptions): Promise<OpenedSource> {
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

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { findIdProblem, type ParseAsyncRequest, type RunState } from '../api';
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
 *  - `ContractViolation`: the run exists, and its id is one that no request can name; final, since another submit would be
 *    billed too.
 *  - `Unauthorized`, `OutOfCredits`, `FileNotFound`, `RequestRejected`, `SourceUnavailable`: refused; final.
 */
export function createSubmitParse({ extend, sources }: SubmitParseOptions): ParseActivities['submitParse'] {
  return async function submitParse({ file, config }) {
    const named = await namedFile(file, sources);
    let run: RunState;
    try {
      run = await extend.submitParse({ file: named, ...(config && { config }) });
    } catch (error) {
      if ('source' in file) hideUrl(error, named.fileUrl);
      throw toApplicationFailure(error, { purpose: 'submit' });
    }
    checkRunId(run);
    return run;
  };
}

function checkRunId({ runId }: RunState): void {
  const problem = findIdProblem(runId);
  if (problem === undefined) return;
  const message = `Extend accepted the document, and no request can name the run: its id ${problem}`;
  throw finalFailure('ContractViolation', message, { runMayExist: true, attempts: activityInfo().attempt });
}

/** An answer may repeat what it refuses. The query of every URL is taken out anyway; of this one nothing is left. */
function hideUrl(error: unknown, fileUrl: string | undefined): void {
  const [address] = fileUrl?.split(/[?#]/) ?? [];
  if (error instanceof Error && address) error.message = error.message.replaceAll(address, '***');
}

/**
 * How long a resolver may take, in milliseconds: what is left of Temporal's limit is the submit's own, and one that is
 * cut off there would leave it unknown whether a run exists.
 */
const RESOLVER_MS = 10_000;

/** The URL of a source is made here, right before it is sent, and goes nowhere else. */
async function namedFile(file: SubmitParseInput['file'], sources: SourceResolver): Promise<ParseAsyncRequest['file']> {
  if (!('source' in file)) return file;
  const opened = await openInTime(sources, file.source);
  if (!('fileUrl' in opened)) {
    await closeSource(opened);
    const attempts = activityInfo().attempt;
    throw finalFailure('SourceUnavailable', 'the resolver gave a URL first, and now a content', { attempts });
  }
  const fileName = file.fileName ?? opened.fileName;
  return { fileUrl: opened.fileUrl, ...(fileName !== undefined && { fileName }) };
}

async function openInTime(sources: SourceResolver, source: string): Promise<OpenedSource> {
  const cancelled = cancellationSignal();
  const limit = startTimeLimit(RESOLVER_MS, cancelled);
  try {
    return await openSource(sources, source, limit.signal);
  } catch (error) {
    cancelled.throwIfAborted();
    throw limit.isOver ? resolverFailure(`it took longer than ${RESOLVER_MS} ms`) : error;
  } finally {
    limit.end();
  }
}

import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { LostSubmit } from '../contract';
import type { ListedRun } from '../contract/extend';
import type { ExtendApi, ExtendClient } from '../http';
import { defined, isPlainObject } from '../json';
import { withHeartbeat } from './heartbeat';
import { firstPossibleMs, isOlder, isPast, readRunList } from './run-list';
import { toApplicationFailure } from './to-application-failure';
import type { FindRunInput, FoundRun, ParseActivities } from './types';

/** Limit of the pages of one look. */
const MAX_PAGES = 50;

/** Settings of {@link createFindRun}. */
export interface FindRunOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** `false`: runs carry no metadata of this package, so none can be found. */
  readonly runMetadata: boolean;
}

/**
 * Builds the activity that looks for the runs of submits whose answers were lost. It reads the list of runs, newest
 * first, and compares the metadata. Two proofs are needed: all four members of `metadata.temporal` are equal, and the run
 * is not older than the first of the submits. With `wait`, Temporal retries the activity until a run is listed.
 *
 * @returns an activity that fails with one of these types:
 *  - `RunNotListed` (BENIGN): no run is listed yet; retried.
 *  - `RateLimited`, `Unavailable`, `Unauthorized`, `EndpointNotFound`: retried.
 *  - `OutOfCredits`, `RequestRejected`, `ApiVersionRemoved`: final.
 */
export function createFindRun({ extend, runMetadata }: FindRunOptions): ParseActivities['findRun'] {
  return async function findRun(input) {
    // The worker may submit in another version than the one that has sent the submit.
    const api = extend.version(input.lost.find(({ apiVersion }) => apiVersion)?.apiVersion ?? extend.apiVersion);
    if (api.listRuns === undefined || !runMetadata) return { canLook: false, runs: [] };
    const found = await withHeartbeat(look(api, input)).catch((error: unknown) => {
      throw toApplicationFailure(error, { purpose: 'read' });
    });
    // The history would hold an id that repeats the key.
    const runs = found.filter(({ runId }) => !extend.redactor.holdsSecret(runId));
    if (runs.length === 0 && input.wait) throw notListed(input.lost.length);
    return { canLook: true, runs: runs.map((run) => ({ ...run, apiVersion: api.apiVersion })) };
  };
}

/** Looks at the named runs first, because the list may show a run late. */
async function look(api: ExtendApi, { lost, runIds = [] }: FindRunInput): Promise<FoundRun[]> {
  const { describeRun, listRuns } = api;
  for (const runId of runIds) {
    const run = await describeRun?.(runId, { signal: cancellationSignal() }).catch(ignoreUnlessAborted);
    const submit = run && submitOf(run, lost);
    if (run && submit !== undefined && !isOlder(run, oldestMs(lost))) return [toFoundRun(run, submit)];
  }
  return listRuns === undefined ? [] : lookInList(listRuns, lost);
}

/** The sender of a signal is not known, so a request for the run that it names must not end the look. */
function ignoreUnlessAborted(): undefined {
  cancellationSignal().throwIfAborted();
}

/** Reads the list of runs as far as it can contain the runs of these submits. */
async function lookInList(
  listRuns: NonNullable<ExtendApi['listRuns']>,
  lost: readonly LostSubmit[],
): Promise<FoundRun[]> {
  const sinceMs = oldestMs(lost);
  const found: { readonly run: FoundRun; readonly createdAtMs: number }[] = [];
  const onPage = (runs: readonly ListedRun[]): boolean => {
    for (const run of runs) {
      const submit = submitOf(run, lost);
      if (submit === undefined || isOlder(run, sinceMs)) continue;
      found.push({ run: toFoundRun(run, submit), createdAtMs: run.createdAtMs ?? 0 });
    }
    return isPast(runs, sinceMs);
  };
  const isComplete = await readRunList(listRuns, { maxPages: MAX_PAGES, onPage });
  if (!isComplete) log.warn(`the list of runs goes on after ${MAX_PAGES} pages, which were searched`);
  return found.sort((one, other) => one.createdAtMs - other.createdAtMs).map(({ run }) => run);
}

/** The time before which no run of these submits was created. */
function oldestMs(lost: readonly LostSubmit[]): number {
  const firstAtMs = Math.min(...lost.map(({ atMs }) => atMs));
  return firstPossibleMs(firstAtMs, activityInfo().currentAttemptScheduledTimestampMs);
}

/** Gives the number of the submit that the metadata of a run name; undefined if they name none of these submits. */
function submitOf({ metadata }: ListedRun, lost: readonly LostSubmit[]): number | undefined {
  const named = metadata?.['temporal'];
  if (!isPlainObject(named)) return undefined;
  const { namespace, workflowId, firstRunId, submit } = named;
  const { workflowExecution, namespace: own } = activityInfo();
  if (namespace !== own || workflowId !== workflowExecution?.workflowId) return undefined;
  return lost.find((one) => one.firstRunId === firstRunId && one.submit === submit)?.submit;
}

function toFoundRun({ runId, status, failureReason, failureMessage }: ListedRun, submit: number): FoundRun {
  return { runId, status, ...defined({ failureReason, failureMessage }), submit };
}

function notListed(count: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'RunNotListed',
    message: `no run of ${count} ${count === 1 ? 'submit' : 'submits'} without an answer is listed yet`,
    category: ApplicationFailureCategory.BENIGN,
    details: [{ attempts: activityInfo().attempt }],
  });
}

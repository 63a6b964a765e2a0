import { defined } from '../../json';
import { nameOf, runSummary } from './answers-2026-02-09';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { Exchange } from './exchange';
import { RefusedRequest } from './refused-request';
import type { RunListOptions } from './run-list-options';
import type { RunSnapshot } from './run-progress';
import type { Run } from './run-store';

const DEFAULT_PAGE_SIZE = 10;
const DEFAULT_MAX_PAGE_SIZE = 100;

/**
 * `GET /parse_runs`: answers with one page of the runs. Each run on the page advances as by a poll. With a filter by
 * status, every run that the other filters match advances, because its status decides if it is on the page.
 */
export function listRuns({ request, owner, state }: Exchange): EmulatorResponse {
  const { query } = request;
  const { order = 'newestFirst' } = state.runList;
  const isMatching = (run: Run) => matches(run, query) && isListed(run, state.runList) && hasStatus(run, query);
  const runs = state.runs.existing(owner).filter(isMatching);
  if (order === 'newestFirst') runs.reverse();
  const from = positionAfter(query['nextPageToken'], runs);
  const page = runs.slice(from, from + pageSize(query, state.runList));
  const last = page.at(-1);
  const hasMore = from + page.length < runs.length;
  return jsonResponse(200, {
    object: 'list',
    data: page.map((run) => runSummary({ run, snapshot: snapshotOf(run, query), state })),
    ...defined({ nextPageToken: hasMore && last ? toToken(last) : undefined }),
  });
}

type Query = Readonly<Record<string, string>>;

/** Tells if the run passes the filters. Every run of the emulator has the source API, and no source id. */
function matches(run: Run, { batchId, source, sourceId, fileNameContains }: Query): boolean {
  return (
    (batchId === undefined || run.batchId === batchId) &&
    (source === undefined || source === 'API') &&
    sourceId === undefined &&
    (fileNameContains === undefined || nameOf(run).includes(fileNameContains))
  );
}

/** Tells if the run has the status of the filter, after it has advanced. */
function hasStatus(run: Run, { status }: Query): boolean {
  return status === undefined || run.progress.next('read').status === status;
}

/** Returns the state of a run on the page. A filter by status has advanced the run already. */
function snapshotOf({ progress }: Run, { status }: Query): RunSnapshot {
  return status === undefined ? progress.next('read') : progress.current();
}

/** Tells if a run is listed yet, and counts the answers without the run. */
function isListed(run: Run, { lagMs = 0, lagAnswers = 0 }: RunListOptions): boolean {
  const { listLagMs = lagMs } = run.script?.document ?? {};
  if (Date.now() - run.createdAtMs < listLagMs) return false;
  if (run.answersWithout >= lagAnswers) return true;
  run.answersWithout += 1;
  return false;
}

function pageSize(query: Query, { sizeParameter = 'limit', defaultSize, maxSize }: RunListOptions): number {
  const size = Number(query[sizeParameter] ?? defaultSize ?? DEFAULT_PAGE_SIZE);
  if (!Number.isInteger(size) || size < 1) {
    throw new RefusedRequest(400, `${sizeParameter} must be a whole number from 1, got ${query[sizeParameter]}`);
  }
  return Math.min(size, maxSize ?? DEFAULT_MAX_PAGE_SIZE);
}

/** A token names the last run of its page, so that runs which are created meanwhile move nothing. */
function toToken({ id }: Run): string {
  return Buffer.from(id).toString('base64url');
}

function positionAfter(token: string | undefined, runs: readonly Run[]): number {
  if (token === undefined) return 0;
  const id = Buffer.from(token, 'base64url').toString();
  const at = runs.findIndex((run) => run.id === id);
  if (at < 0) throw new RefusedRequest(400, 'nextPageToken must be a token of an earlier page');
  return at + 1;
}

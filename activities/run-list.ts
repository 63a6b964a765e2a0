import { cancellationSignal } from '@temporalio/activity';
import type { ListedRun } from '../contract/extend';
import type { ExtendApi, RunListQuery } from '../http';
import { defined } from '../json';

/** Runs of a page. Extend may send fewer. */
const PAGE_SIZE = 100;
/** Largest difference between the clocks of Extend and Temporal, in milliseconds. A run that is older belongs to no submit. */
const CLOCK_DIFFERENCE_MS = 300_000;

/** Settings of {@link readRunList}. */
export interface RunListOptions {
  /** @default all runs */
  readonly query?: RunListQuery;
  /** Limit of the pages. */
  readonly maxPages: number;
  /** Takes the runs of a page. `true`: no further page is needed. */
  readonly onPage: (runs: readonly ListedRun[]) => boolean | Promise<boolean>;
}

/**
 * Reads the list of runs page by page.
 *
 * @returns `false` if the list goes on after the last page that was read, so a run that was not seen may exist
 */
export async function readRunList(
  listRuns: NonNullable<ExtendApi['listRuns']>,
  { query = {}, maxPages, onPage }: RunListOptions,
): Promise<boolean> {
  let nextPageToken: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const paged = { ...query, pageSize: PAGE_SIZE, ...defined({ nextPageToken }) };
    const answer = await listRuns(paged, { signal: cancellationSignal() });
    if (await onPage(answer.runs)) return true;
    nextPageToken = answer.nextPageToken;
    if (nextPageToken === undefined) return true;
  }
  return false;
}

/**
 * Gives the time before which no run of a submit was created, by the worker's clock, epoch milliseconds. The server's clock
 * may be far ahead of the worker's in a test. An attempt that has waited for a worker knows a time that lags, which must not
 * make a run too old.
 *
 * @param atMs time of the submit, by the server's clock
 * @param nowMs the time, by the server's clock
 */
export function firstPossibleMs(atMs: number, nowMs: number): number {
  return atMs + Math.min(Date.now() - nowMs, 0) - CLOCK_DIFFERENCE_MS;
}

/** Tells if the runs of a page, and so those of all further pages, were created before a time. Pure. */
export function isPast(runs: readonly ListedRun[], sinceMs: number): boolean {
  return runs.length > 0 && runs.every((run) => isOlder(run, sinceMs)) && isNewestFirst(runs);
}

/** Tells if a run was created before a time, in epoch milliseconds. A run that names no time was not. Pure. */
export function isOlder({ createdAtMs }: ListedRun, sinceMs: number): boolean {
  return createdAtMs !== undefined && createdAtMs < sinceMs;
}

/** In another order, all pages are read. */
function isNewestFirst(runs: readonly ListedRun[]): boolean {
  const [first, last] = [runs.at(0)?.createdAtMs, runs.at(-1)?.createdAtMs];
  return first !== undefined && last !== undefined && first > last;
}

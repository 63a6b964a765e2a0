import { ContractError } from './contract-error';
import { decodeStateAnswer, type RunState } from './decode-answer';
import { findIdProblem } from './ids';
import { textOf } from './lenient';
import type { RunMetadata } from './parse-api';
import { defined, isPlainObject, kindOf } from '../../json';
import { type Redactor } from '../../privacy';

/** A run on a page of the list of runs, `GET /parse_runs`. */
export interface ListedRun extends RunState {
  readonly metadata?: RunMetadata;
  /** Batch that created the run. */
  readonly batchId?: string;
  /** Time of the submit, epoch milliseconds. */
  readonly createdAtMs?: number;
}

/** One page of the list of runs. */
export interface RunPage {
  readonly runs: readonly ListedRun[];
  /** Token of the next page. Absent on the last page. */
  readonly nextPageToken?: string;
}

/** State of a batch of runs. */
export interface BatchState {
  readonly batchId: string;
  readonly status: string;
  /** Number of runs that the batch has. */
  readonly runCount?: number;
}

/**
 * Reads a page of the list of runs. An entry without a usable id or without a status is left out, because nothing can
 * be done with it.
 *
 * @throws ContractError if there is no list
 */
export function decodeRunPage(body: unknown, redactor: Redactor): RunPage {
  const { data, nextPageToken } = isPlainObject(body) ? body : {};
  if (!Array.isArray(data)) throw new ContractError(`data: expected Array, got ${kindOf(data)}`);
  const runs = data.flatMap((entry: unknown) => decodeListedRun(entry, redactor) ?? []);
  return { runs, ...defined({ nextPageToken: textOf(nextPageToken) }) };
}

/** Reads the state of a batch. @throws ContractError if there is no usable id */
export function decodeBatchAnswer(body: unknown, redactor: Redactor): BatchState {
  const { id, status, runCount } = isPlainObject(body) ? body : {};
  if (typeof id !== 'string' || findIdProblem(id) !== undefined) throw new ContractError('id is missing or not usable');
  return {
    batchId: id,
    status: redactor.text(textOf(status) ?? 'PENDING'),
    ...defined({ runCount: typeof runCount === 'number' ? runCount : undefined }),
  };
}

/** A batch id that requests and messages cannot name is of no use. */
function usableId(id: string | undefined): string | undefined {
  return id === undefined || findIdProblem(id) !== undefined ? undefined : id;
}

/** Reads a run with its metadata. @returns undefined if it has no usable id or no status */
export function decodeListedRun(entry: unknown, redactor: Redactor): ListedRun | undefined {
  const { metadata, batchId, createdAt } = isPlainObject(entry) ? entry : {};
  try {
    const createdAtMs = Date.parse(textOf(createdAt) ?? '');
    return {
      ...decodeStateAnswer(entry, redactor),
      ...defined({
        metadata: isPlainObject(metadata) ? metadata : undefined,
        batchId: usableId(textOf(batchId)),
        createdAtMs: Number.isNaN(createdAtMs) ? undefined : createdAtMs,
      }),
    };
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

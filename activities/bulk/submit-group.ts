import { cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  classifyApiError,
  isFailureType,
  isRefusedSubmit,
  MAX_GROUP_DOCUMENTS,
  type FailureDetails,
  type FailureType,
} from '../../contract';
import { ParseApiError, type BatchState } from '../../contract/extend';
import { defined, errorMessage } from '../../json';
import { createRedactor } from '../../privacy';
import type { SourceResolver } from '../../storage';
import { recordBulkSubmit } from '../metrics';
import { toApplicationFailure } from '../to-application-failure';
import type { GroupActivities } from '../types';
import { BULK_VERSION } from './bulk-version';
import type { NumberedEntry } from './ledger';
import { withGroup, type GroupOptions, type OpenGroup, type StandingDocument } from './open-group';
import { toRequest, type GroupRequest } from './group-request';
import { nameFiles, Postponed, uploadSources } from './open-sources';
import { attemptName, OwnAttempt } from './own-attempt';

/**
 * Extend refuses a bulk submit as a whole, also because of one document. The documents of a refused submit are sent again
 * in parts of a tenth, down to the document because of which it is refused.
 */
const SPLIT_FACTOR = 10;

/** Settings of {@link createSubmitGroup}. */
export interface SubmitGroupOptions extends GroupOptions {
  /** Resolver that opens a source by its name. */
  readonly sources: SourceResolver;
}

/**
 * Builds the activity that uploads the sources of a group and submits its documents. The ledger has an entry for each
 * submit before the request is sent, so that another attempt never repeats a submit that may have created runs. A request
 * in flight ignores cancellation.
 *
 * @returns an activity that fails with one of these types:
 *  - `RateLimited`, `Unavailable`: retried. The documents that were submitted are not submitted again.
 *  - `ResultStoreFailed`: final if there is no store or it refuses; else retried.
 */
export function createSubmitGroup(options: SubmitGroupOptions): GroupActivities['submitGroup'] {
  return async function submitGroup(work) {
    const own = await OwnAttempt.open();
    return withGroup(work, options.store, async (group) => {
      await group.readContents();
      await submitAll(group, { ...options, own });
      return group.answer();
    });
  };
}

/** The parts of a worker that submit, and the attempt in which they do. */
interface SubmitParts extends SubmitGroupOptions {
  readonly own: OwnAttempt;
}

async function submitAll(group: OpenGroup, options: SubmitParts): Promise<void> {
  const postponed = new Postponed();
  if (group.remainingMs > 0) await uploadSources(group, options, postponed);
  for (;;) {
    cancellationSignal().throwIfAborted();
    const left = group.standing('toSubmit').filter(({ document }) => !postponed.has(document.id));
    if (left.length === 0) break;
    if (group.remainingMs === 0) return failOverdue(group, left);
    await submitInParts(group, left.slice(0, MAX_GROUP_DOCUMENTS), options, postponed);
  }
  postponed.throwIfAny();
}

/** Submits documents in one request, or in smaller and smaller parts as long as Extend refuses the requests. */
async function submitInParts(
  group: OpenGroup,
  documents: readonly StandingDocument<'toSubmit'>[],
  options: SubmitParts,
  postponed: Postponed,
): Promise<void> {
  const parts = [documents];
  for (let part = parts.shift(); part !== undefined && group.remainingMs > 0; part = parts.shift()) {
    cancellationSignal().throwIfAborted();
    if (await submitOnce(group, part, options, postponed)) parts.unshift(...partsOf(part));
  }
}

function partsOf<T>(documents: readonly T[]): T[][] {
  const size = Math.ceil(documents.length / SPLIT_FACTOR);
  const starts = Array.from({ length: Math.ceil(documents.length / size) }, (_, index) => index * size);
  return starts.map((start) => documents.slice(start, start + size));
}

/** The deadline has passed for documents that are in no submit. */
async function failOverdue(group: OpenGroup, documents: readonly StandingDocument<'toSubmit'>[]): Promise<void> {
  for (const one of documents) {
    const details = one.standing.submits > 0 ? { runMayExist: true } : {};
    const message = 'the deadline passed before a run was accepted';
    await group.fail(one, { type: 'ParseDeadlineExceeded', message, details });
  }
}

/** Sends one request. @returns `true` if Extend refused it, and the documents are to be sent in smaller parts */
async function submitOnce(
  group: OpenGroup,
  candidates: readonly StandingDocument<'toSubmit'>[],
  options: SubmitParts,
  postponed: Postponed,
): Promise<boolean> {
  const named = await nameFiles(group, candidates, options, postponed);
  const request = await toRequest(group, named, postponed);
  if (request.documents.length === 0) return false;
  const { startId } = group.reference;
  const documents = Object.fromEntries(request.documents.map(({ document }) => [document.id, document.hash]));
  const identity = { firstRunId: startId, submit: group.ledger.nextNumber };
  await options.own.checkCurrent();
  const entry = await group.ledger.add({ ...identity, by: attemptName(), atMs: options.own.nowMs, documents });
  await checkCurrent(group, entry, options.own);
  let answer: BatchState;
  try {
    answer = await send(group, request, options);
  } catch (error) {
    const refused = typeOfRefusal(error);
    // The ledger then has a submit without an answer, and `followGroup` looks for its runs.
    if (refused === undefined) {
      recordBulkSubmit('ambiguous');
      log.warn(`a bulk submit has no readable answer: ${errorMessage(error)}`, { documents: request.documents.length });
      return false;
    }
    await group.ledger.change(entry, { isVoid: true });
    recordBulkSubmit(refused === 'RateLimited' || refused === 'Unavailable' ? 'rejected' : 'refused');
    return afterRefusal(group, request.documents, { type: refused, error });
  }
  recordBulkSubmit('accepted');
  if (repeatsSecret(answer.batchId, request, options)) await failUnnamed(group, entry, request.documents);
  else await group.ledger.change(entry, { batchRunId: answer.batchId });
  return false;
}

/**
 * Checks that this attempt is still the current one, after the ledger has its entry. Temporal may have started another
 * attempt, or the workflow may have ended. Either of them reads the ledger afterwards.
 *
 * @throws ApplicationFailure if it is not, or the cancellation; nothing was sent
 */
async function checkCurrent(group: OpenGroup, entry: NumberedEntry, own: OwnAttempt): Promise<void> {
  // If another attempt has written the same entry, it stays as it is.
  await own.checkCurrent();
  await group.ledger.checkOwn(entry);
  await group.checkOpen();
  const signal = cancellationSignal();
  if (!signal.aborted) return;
  await group.ledger.change(entry, { isVoid: true });
  signal.throwIfAborted();
}

/** Sends the request. It ignores cancellation, because the answer has the only id of the runs. */
async function send(
  group: OpenGroup,
  { inputs, secrets }: GroupRequest,
  { extend }: GroupOptions,
): Promise<BatchState> {
  const { createBatch } = extend.version(BULK_VERSION);
  if (createBatch === undefined) throw new Error(`version ${BULK_VERSION} of Extend's API has bulk submits`);
  return createBatch({ inputs, ...defined({ config: group.settings.config }) }, { secrets });
}

/** Tells if an id repeats the API key or a secret of the request. No history may contain it. */
function repeatsSecret(id: string, { secrets }: GroupRequest, { extend }: GroupOptions): boolean {
  return extend.redactor.holdsSecret(id) || createRedactor(() => secrets).holdsSecret(id);
}

/** Fails the documents of a batch that cannot be followed. They are not submitted again, because their runs exist. */
async function failUnnamed(
  group: OpenGroup,
  entry: NumberedEntry,
  documents: readonly StandingDocument<'toSubmit'>[],
): Promise<void> {
  const message = 'Extend accepted the documents, and their batch cannot be followed: its id repeats a secret';
  const failure = { type: 'ContractViolation', message, details: { runMayExist: true } } as const;
  for (const one of documents) await group.fail(one, failure);
  await group.log.flush();
  await group.ledger.change(entry, { isGivenUp: true });
}

/** Gives the failure type of a submit that certainly created no run; undefined if runs may exist. */
function typeOfRefusal(error: unknown): FailureType | 'RateLimited' | 'Unavailable' | undefined {
  if (!(error instanceof ParseApiError)) throw error;
  const type = classifyApiError(error, 'submit');
  if (!isRefusedSubmit(type)) return undefined;
  return isFailureType(type) || type === 'RateLimited' ? type : 'Unavailable';
}

/** A refusal, with its failure type. */
interface Refusal {
  readonly type: FailureType | 'RateLimited' | 'Unavailable';
  readonly error: unknown;
}

/**
 * Handles a submit that certainly created no run.
 *
 * @returns `true` if a single document may be the reason, and there are several
 * @throws ApplicationFailure if Extend did not refuse the documents: then Temporal tries again
 */
async function afterRefusal(
  group: OpenGroup,
  documents: readonly StandingDocument<'toSubmit'>[],
  { type, error }: Refusal,
): Promise<boolean> {
  const failure = toApplicationFailure(error, { purpose: 'submit', submittedIn: BULK_VERSION });
  if (type === 'RateLimited' || type === 'Unavailable') throw failure;
  const isOfDocument = type === 'RequestRejected' || type === 'FileNotFound';
  if (isOfDocument && documents.length > 1) return true;
  const [details] = failure instanceof ApplicationFailure ? (failure.details ?? []) : [];
  const known = (details ?? {}) as FailureDetails;
  for (const one of documents) await group.fail(one, { type, message: errorMessage(failure), details: known });
  return false;
}

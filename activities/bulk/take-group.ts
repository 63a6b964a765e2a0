import { documentWorkflowId, isDeletionWanted, type DocumentFailure, type DocumentFailureType } from '../../contract';
import { defined } from '../../json';
import type { ResultStore } from '../../storage';
import { createBatchStore, type BatchStore } from '../batch/batch-store';
import { segmentName } from '../batch/locations';
import { withHeartbeat } from '../heartbeat';
import type { GroupActivities, TakeGroupInput, TakenOutcomes } from '../types';
import { endingOf } from './delete-runs';
import { readPart, type GroupOutcome } from './group-log';
import { readDocuments, readSettings, type GroupDocument } from './group-objects';

/**
 * Builds the activity that writes outcomes of a group as a segment of the outcomes of the batch. The segment depends on
 * the activity's input alone, so a repeat writes the same object.
 *
 * @returns an activity that fails with `ResultStoreFailed`: final if the store refuses, else retried.
 */
export function createTakeGroup({ store }: { readonly store: ResultStore | undefined }): GroupActivities['takeGroup'] {
  return async function takeGroup(input) {
    return withHeartbeat(take(createBatchStore(store), input));
  };
}

async function take(store: BatchStore, input: TakeGroupInput): Promise<TakenOutcomes> {
  const { group, segment, rest, isEnding = false } = input;
  const { place } = group;
  const { outcomes, earlier, parts } = await newOutcomes(store, input);
  if (rest !== undefined) {
    const known = new Set([...earlier, ...outcomes.map(({ id }) => id)]);
    for (const document of await readDocuments(store, group)) {
      if (!known.has(document.id)) outcomes.push(toRest(document, group.batchId, rest));
    }
  }
  const written = isEnding ? outcomes : outcomes.map(toFailed);
  if (written.length > 0) await store.write(`${place.directory}/${segmentName(segment)}`, written);
  const { deleteRun } = await readSettings(store, group);
  const toDelete = written.filter((outcome) => isDeletionWanted(deleteRun, endingOf(outcome))).length;
  return { ...count(written), parts, toDelete };
}

/** Outcomes of parts of the log. */
interface NewOutcomes {
  /** Outcomes of parts that were not taken before. */
  readonly outcomes: GroupOutcome[];
  /** Ids of the documents whose outcomes were taken before. */
  readonly earlier: ReadonlySet<string>;
  /** Names of the parts that were not taken before, as far as they exist. */
  readonly parts: readonly string[];
}

async function newOutcomes(store: BatchStore, input: TakeGroupInput): Promise<NewOutcomes> {
  const { group, parts } = input;
  // Workflows of the time before the first release give a number.
  const taken = typeof input.taken === 'number' ? parts.slice(0, input.taken) : input.taken;
  const read = async (part: string): Promise<GroupOutcome[] | undefined> => {
    const lines = await readPart(store, group, part);
    return lines?.flatMap((line) => (line.kind === 'outcome' ? line.outcome : []));
  };
  const earlier = new Set<string>();
  for (const part of taken) for (const { id } of (await read(part)) ?? []) earlier.add(id);
  const outcomes = new Map<string, GroupOutcome>();
  const known: string[] = [];
  for (const part of parts.filter((name) => !taken.includes(name))) {
    const found = await read(part);
    if (found === undefined) continue;
    known.push(part);
    for (const outcome of found) {
      if (!earlier.has(outcome.id) && !outcomes.has(outcome.id)) outcomes.set(outcome.id, outcome);
    }
  }
  return { outcomes: [...outcomes.values()], earlier, parts: known };
}

function toRest({ id, hash }: GroupDocument, batchId: string, rest: NonNullable<TakeGroupInput['rest']>): GroupOutcome {
  const facts = { id, workflowId: documentWorkflowId(batchId, id), hash };
  if (typeof rest === 'string') return { status: rest, ...facts };
  return { status: 'failed', ...facts, failure: rest, polls: 0, durationMs: 0 };
}

/** A document that was cancelled although its batch was not cancelled has failed. */
function toFailed(outcome: GroupOutcome): GroupOutcome {
  if (outcome.status !== 'cancelled') return outcome;
  const { id, workflowId, hash, runId, submits } = outcome;
  const details = { ...defined({ runId, submits }), runMayExist: true };
  const failure: DocumentFailure = { type: 'Cancelled', message: 'the group of the document was cancelled', details };
  return { status: 'failed', id, workflowId, ...defined({ hash }), failure, polls: 0, durationMs: 0 };
}

function count(outcomes: readonly GroupOutcome[]): Omit<TakenOutcomes, 'parts' | 'toDelete'> {
  const failures: Partial<Record<DocumentFailureType, number>> = {};
  const of = (status: GroupOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  for (const outcome of outcomes) {
    if (outcome.status !== 'failed') continue;
    const { type } = outcome.failure;
    failures[type] = (failures[type] ?? 0) + 1;
  }
  return { processed: of('processed'), failed: of('failed'), others: of('cancelled') + of('left'), failures };
}

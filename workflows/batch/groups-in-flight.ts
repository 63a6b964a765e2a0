import {
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchLocation, TakeGroupInput, TakenOutcomes } from '../../activities/types';
import { batchAttributes, groupWorkflowId, SEARCH_ATTRIBUTES, toDocumentFailure } from '../../contract';
import { defined } from '../../json';
import type { GroupProgress } from '../messages';
import type { BatchSituation } from './next-step';
import type { parseGroup } from './parse-group';

/** Settings of {@link GroupsInFlight}. */
export interface GroupsInFlightOptions {
  /** The batch's workflow id. */
  readonly batchId: string;
  /** Location of the objects of the batch in the result store. */
  readonly place: BatchLocation;
  /** Called when a group has outcomes to take, or has ended. */
  readonly onChange: () => void;
}

/** A group in flight. */
interface GroupInFlight {
  /** Documents whose outcomes are not taken yet. */
  documents: number;
  /** Names of the parts of its log. */
  parts: readonly string[];
  /** Names of the parts whose outcomes are taken. */
  taken: readonly string[];
  /** The start of its workflow is not confirmed yet. */
  isStarting: boolean;
  /** Its workflow has ended. `failure`: not as it should. */
  end?: { readonly failure?: TakeGroupInput['rest'] };
}

/** Outcomes of a group that are to be taken. */
export interface Takeable {
  readonly number: number;
  readonly input: Omit<TakeGroupInput, 'segment' | 'rest'>;
  readonly end: GroupInFlight['end'];
}

/**
 * Gives the outcome of the documents of an ended group that have none. `isEnding`: the batch was cancelled, and has
 * cancelled the group. After an orderly end each document has an outcome, unless the store has lost one.
 */
export function restOf({ end }: Takeable, isEnding: boolean): TakeGroupInput['rest'] {
  if (end === undefined) return undefined;
  const { failure = LOST_OUTCOME } = end;
  return isEnding && typeof failure === 'object' && failure.type === 'Cancelled' ? 'cancelled' : failure;
}

const LOST_OUTCOME = {
  type: 'ResultStoreFailed',
  message: 'the result store does not have the outcome of the document',
  details: { runMayExist: true },
} as const;

/** Names of parts of a log. A signal may come from another program, and a name must not lead to another object of the store. */
const PART_NAME = /^[\w-]{1,200}$/;
/** Parts of a group beyond the number of its documents that signals may name. The result of the group names all. */
const MORE_PARTS = 200;

/** The groups of a bulk batch that are in flight. Each is a child workflow, which tells its progress by a signal. */
export class GroupsInFlight {
  readonly #options: GroupsInFlightOptions;
  readonly #startId = workflowInfo().firstExecutionRunId;
  readonly #groups = new Map<number, GroupInFlight>();

  constructor(options: GroupsInFlightOptions) {
    this.#options = options;
  }

  /** Facts from which the next step of the batch is decided. */
  get counts(): Pick<BatchSituation, 'groups' | 'groupDocuments' | 'hasTakeable'> {
    return {
      groups: this.#groups.size,
      groupDocuments: this.documents,
      hasTakeable: this.takeable !== undefined,
    };
  }

  /** Number of the groups whose start is not confirmed yet. */
  get starting(): number {
    return [...this.#groups.values()].filter(({ isStarting }) => isStarting).length;
  }

  /** Number of the documents of the groups whose outcomes are not taken yet. */
  get documents(): number {
    return [...this.#groups.values()].reduce((sum, { documents }) => sum + documents, 0);
  }

  /** A group whose outcomes are to be taken. */
  get takeable(): Takeable | undefined {
    for (const [number, { parts, taken, end }] of this.#groups) {
      if (parts.length > taken.length || end !== undefined) return { number, input: this.#toInput(number), end };
    }
    return undefined;
  }

  /** All groups, also those that have nothing to take. */
  get all(): readonly Takeable[] {
    return [...this.#groups].map(([number, { end }]) => ({ number, input: this.#toInput(number), end }));
  }

  /** Begins to start the workflow of a group. The group is in flight from now on. */
  start(number: number, documents: number): void {
    this.#groups.set(number, { documents, parts: [], taken: [], isStarting: true });
    void this.#run(number, documents);
  }

  /** Notes the progress that a group has told. */
  note(progress: Partial<GroupProgress> | undefined): void {
    const { startId, group = 0, parts } = progress ?? {};
    const known = this.#groups.get(group);
    if (startId !== this.#startId || known === undefined || known.end !== undefined) return;
    const before = new Set(known.parts);
    const named = (Array.isArray(parts) ? (parts as readonly string[]) : []).slice(0, known.documents + MORE_PARTS);
    const names = named.filter((part) => PART_NAME.test(part) && !before.has(part));
    if (names.length === 0) return;
    known.parts = [...known.parts, ...names];
    this.#options.onChange();
  }

  /** Notes that outcomes were taken. A group that has ended, or that the batch leaves, is not in flight any more. */
  noteTaken({ number, input, end }: Takeable, { processed, failed, others, parts = input.parts }: TakenOutcomes): void {
    const group = this.#groups.get(number);
    if (group === undefined) return;
    const taken = new Set([...group.taken, ...parts]);
    group.taken = [...taken];
    // A part that does not exist is forgotten. If it is written later, another signal or the end of the group names it.
    const asked = new Set(input.parts);
    if (group.end === undefined) group.parts = group.parts.filter((part) => taken.has(part) || !asked.has(part));
    group.documents -= processed + failed + others;
    if (end !== undefined) this.#groups.delete(number);
    this.#options.onChange();
  }

  /** Requests cancellation of all groups. */
  async cancelAll(): Promise<void> {
    await Promise.all([...this.#groups.keys()].map(async (number) => this.#cancel(number)));
  }

  async #cancel(number: number): Promise<void> {
    try {
      await getExternalWorkflowHandle(this.#workflowIdOf(number)).cancel();
    } catch {
      // A group that has ended needs no cancellation.
    }
  }

  async #run(number: number, documents: number): Promise<void> {
    let parts: readonly string[] | undefined;
    let failure: TakeGroupInput['rest'];
    try {
      const handle = await startChild<typeof parseGroup>('parseGroup', this.#toOptions(number, documents));
      this.#confirm(number);
      ({ parts } = await handle.result());
    } catch (error) {
      const failed = toDocumentFailure(error instanceof ChildWorkflowFailure ? error.cause : error);
      // The next start of the batch follows the runs of the group, although the failure tells nothing about them.
      failure = { ...failed, details: { ...failed.details, runMayExist: true } };
    }
    const group = this.#groups.get(number);
    if (group === undefined) return;
    group.parts = parts ?? group.parts;
    group.isStarting = false;
    group.end = defined({ failure });
    this.#options.onChange();
  }

  #confirm(number: number): void {
    const group = this.#groups.get(number);
    if (group !== undefined) group.isStarting = false;
    this.#options.onChange();
  }

  #toOptions(number: number, documents: number) {
    const { batchId, place } = this.#options;
    const { typedSearchAttributes } = workflowInfo();
    const isFindable = typedSearchAttributes.get(SEARCH_ATTRIBUTES.batch) !== undefined;
    const group = { batchId, startId: this.#startId, place, group: number };
    return {
      args: [{ group, documents }] as [{ group: typeof group; documents: number }],
      workflowId: this.#workflowIdOf(number),
      workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `parse ${documents} documents together`,
      ...defined({ typedSearchAttributes: isFindable ? batchAttributes(batchId) : undefined }),
    };
  }

  #toInput(number: number): Takeable['input'] {
    const { batchId, place } = this.#options;
    const { parts = [], taken = [] } = this.#groups.get(number) ?? {};
    return { group: { batchId, startId: this.#startId, place, group: number }, parts, taken };
  }

  #workflowIdOf(number: number): string {
    return groupWorkflowId(this.#options.batchId, this.#startId, number);
  }
}

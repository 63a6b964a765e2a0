/**
 * Inputs and outputs of the activities of bulk batches, as plain JSON. They are wire shapes, because the histories of
 * running workflows contain them.
 */
import type { DocumentFailure, FailureCounts } from '../contract';
import type { BatchLocation } from './batch-location';

/** A group of documents of a bulk batch: documents of one configuration, which are submitted together. */
export interface GroupReference {
  /** Workflow id of the batch. */
  readonly batchId: string;
  /** Run id of the first workflow execution of the batch, as in {@link PrepareBatchInput}. */
  readonly startId: string;
  /** Location of the objects of the batch in the result store. */
  readonly place: BatchLocation;
  /** Number of the group, from 1. */
  readonly group: number;
}

/** Input of each activity that works on a group. */
export interface GroupWork {
  readonly group: GroupReference;
  /** Names of the parts of the group's log that earlier activities have written. */
  readonly parts: readonly string[];
  /** Start of the group's workflow, epoch milliseconds. The deadline of the documents counts from it. */
  readonly startedAtMs: number;
}

/** Input of `followGroup`. */
export interface FollowGroupInput extends GroupWork {
  /** Polls of the group so far. */
  readonly polls: number;
  /** Time of the last list of the group's runs, epoch milliseconds. @default none yet */
  readonly listedAtMs?: number;
  /**
   * `true`: the poll is due at once, and the runs are listed in any case, because a signal told that they have probably
   * ended, or because results are left to store. The activity returns after this poll, also if nothing has changed.
   * @default false: the first poll follows after the schedule's delay
   */
  readonly isUrgent?: boolean;
}

/** State of a group after an activity. */
export interface GroupAnswer {
  /** Names of the parts of the log that the activity has written. */
  readonly parts: readonly string[];
  /** Documents without an outcome. */
  readonly pending: number;
  /** Documents among them that have to be submitted. */
  readonly toSubmit: number;
  /** Documents that have got an outcome, by `Processed`, `Cancelled` or the type of the failure. */
  readonly ended: Readonly<Record<string, number>>;
  /** Ids of the batches at Extend, the newest last. */
  readonly batchRunIds: readonly string[];
  /** Polls of the group so far. Only `followGroup` gives it. */
  readonly polls?: number;
  /** Time of the last list of the group's runs, epoch milliseconds. Only `followGroup` gives it. */
  readonly listedAtMs?: number;
  /** `true`: results are left to store, so the next call is due at once. Only `followGroup` gives it. */
  readonly goesOn?: boolean;
}

/** Input of `takeGroup`. */
export interface TakeGroupInput {
  /** The group: its number, its batch, and the location of its objects. */
  readonly group: GroupReference;
  /** Names of the parts of the group's log, as far as they are known. */
  readonly parts: readonly string[];
  /** Names of the parts whose outcomes were taken before, or the number of those at the beginning of `parts`. */
  readonly taken: readonly string[] | number;
  /** Number of the segment to write. If there are no outcomes, no segment is written. */
  readonly segment: number;
  /**
   * The group has ended, or the batch leaves it: the documents without an outcome get one. `cancelled` and `left` are the
   * outcomes of a batch that is cancelled. A failure is the outcome of a group whose workflow ended in another way.
   * @default none: the group goes on
   */
  readonly rest?: 'cancelled' | 'left' | DocumentFailure;
  /**
   * `true`: the batch is cancelled, so its documents may be `cancelled`. A document of a group that was cancelled alone has
   * failed. @default false
   */
  readonly isEnding?: boolean;
}

/** Answer of `takeGroup`: the outcomes that it has taken, counted. */
export interface TakenOutcomes {
  readonly processed: number;
  readonly failed: number;
  /** Outcomes `cancelled` and `left`, which count neither as processed nor as failed. */
  readonly others: number;
  readonly failures: FailureCounts;
  /** Names of the parts whose outcomes are taken, without those that do not exist. @default all of the input */
  readonly parts?: readonly string[];
  /** Number of the outcomes whose runs or files have to be deleted at Extend. @default 0 */
  readonly toDelete?: number;
}

/** Input of `deleteRuns`. */
export interface DeleteRunsInput {
  /** The group: its number, its batch, and the location of its objects. */
  readonly group: GroupReference;
  /** Number of the segment that has the outcomes. */
  readonly segment: number;
  /** Names of the parts of the group's log, which name the uploaded files. */
  readonly parts: readonly string[];
}

/** Activities of bulk batches by their wire names. */
export interface GroupActivities {
  /**
   * Uploads the sources of a group, and submits the documents that have to be submitted. It repeats no submit that may
   * have created runs: the ledger in the store tells the next attempt what was sent.
   */
  submitGroup(input: GroupWork): Promise<GroupAnswer>;
  /** Polls the batches of a group until documents have ended, stores their results, and records their outcomes. */
  followGroup(input: FollowGroupInput): Promise<GroupAnswer>;
  /** Cancels the runs of a group at Extend, and records the run ids of its documents. */
  cancelGroup(input: GroupWork): Promise<GroupAnswer>;
  /** Writes outcomes of a group as a segment of the outcomes of the batch. */
  takeGroup(input: TakeGroupInput): Promise<TakenOutcomes>;
  /** Deletes the runs and files of a segment of outcomes at Extend, as the settings of the group require it. */
  deleteRuns(input: DeleteRunsInput): Promise<void>;
}

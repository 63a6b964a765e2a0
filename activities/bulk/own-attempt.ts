import { activityInfo, getClient } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Gives an attempt of this activity a name that no other attempt of any activity has. @default the current attempt */
export function attemptName(attempt = activityInfo().attempt): string {
  const { activityId, workflowExecution } = activityInfo();
  return `${workflowExecution?.runId}-${activityId}-${attempt}`;
}

/** The current attempt, as Temporal's server knows it. */
export class OwnAttempt {
  readonly #startedAtMs: number;
  readonly #openedAtMs: number;

  private constructor(startedAtMs: number, openedAtMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#openedAtMs = openedAtMs;
  }

  /** Asks the server for the attempt that calls. Call it at the beginning of the attempt. Throws as {@link checkCurrent}. */
  static async open(): Promise<OwnAttempt> {
    const openedAtMs = Date.now();
    return new OwnAttempt(await readStart(), openedAtMs);
  }

  /**
   * The time by the server's clock, epoch milliseconds. It counts from the start of the attempt and not from its
   * schedule, because an attempt may wait long for a worker.
   */
  get nowMs(): number {
    return this.#startedAtMs + (Date.now() - this.#openedAtMs);
  }

  /**
   * Checks that this attempt is still the current one.
   *
   * @throws ApplicationFailure `Unavailable` if Temporal has started another attempt, or the workflow has ended
   */
  async checkCurrent(): Promise<void> {
    await readStart();
  }
}

/** Start of the current attempt, epoch milliseconds. */
async function readStart(): Promise<number> {
  const { workflowExecution, activityId, attempt, currentAttemptScheduledTimestampMs } = activityInfo();
  const { workflowId = '', runId } = workflowExecution ?? {};
  const { status, raw } = await getClient().workflow.getHandle(workflowId, runId).describe();
  const own = raw.pendingActivities?.find((activity) => activity.activityId === activityId);
  if (status.name !== 'RUNNING' || own?.attempt !== attempt) {
    throw ApplicationFailure.create({ type: 'Unavailable', message: 'this attempt was given up before its submit' });
  }
  const { seconds, nanos } = own.lastStartedTime ?? {};
  if (!seconds) return currentAttemptScheduledTimestampMs;
  return Number(seconds) * 1_000 + Math.floor((nanos ?? 0) / 1e6);
}

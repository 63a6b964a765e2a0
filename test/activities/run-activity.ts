import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import type { ParseActivities } from '../../activities';

/** Facts that Temporal gives to an activity about its attempt. The context invents all others. */
export interface AttemptInfo {
  /** Number of the attempt, from 1. */
  readonly attempt?: number;
  /** Time when the attempt was scheduled, by the server's clock, epoch milliseconds. */
  readonly currentAttemptScheduledTimestampMs?: number;
  /** Time when the activity was scheduled, by the server's clock, epoch milliseconds. */
  readonly scheduledTimestampMs?: number;
  /** Heartbeat details of an earlier attempt. */
  readonly heartbeatDetails?: unknown;
}

type Input<Name extends keyof ParseActivities> = Parameters<ParseActivities[Name]>[0];
type Output<Name extends keyof ParseActivities> = Awaited<ReturnType<ParseActivities[Name]>>;

/**
 * Builds a context for one activity. `cancel()` cancels the activity. The context prints errors of the log, unless the
 * caller takes the log.
 */
export function createContext(info: AttemptInfo = {}, takeLog?: (entry: LogEntry) => void): MockActivityEnvironment {
  return new MockActivityEnvironment(info, {
    logger: takeLog ? new DefaultLogger('INFO', takeLog) : new DefaultLogger('ERROR'),
  });
}

/** Runs an activity, in the given context or in a new one. */
export async function runActivity<Name extends keyof ParseActivities>(
  activities: ParseActivities,
  name: Name,
  input: Input<Name>,
  context = createContext(),
): Promise<Output<Name>> {
  const activity = activities[name] as (input: Input<Name>) => Promise<Output<Name>>;
  const answer: unknown = await context.run(activity, input);
  return answer as Output<Name>;
}

/** Gives the failure with which an activity ends. It throws any other error of the activity. */
export async function failureOf<Name extends keyof ParseActivities>(
  activities: ParseActivities,
  name: Name,
  input: Input<Name>,
  info: AttemptInfo = {},
): Promise<ApplicationFailure> {
  let answer: unknown;
  try {
    answer = await runActivity(activities, name, input, createContext(info));
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error(`no failure, but ${JSON.stringify(answer)}`);
}

import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import type { ParseActivities } from '../../activities';

/** What Temporal tells an activity about its attempt; the rest is made up. */
export interface AttemptInfo {
  /** 1 for the first. */
  readonly attempt?: number;
  /** By the server's clock, epoch milliseconds. */
  readonly currentAttemptScheduledTimestampMs?: number;
  /** When the activity was scheduled, by the server's clock, epoch milliseconds. */
  readonly scheduledTimestampMs?: number;
  /** Heartbeat details of an earlier attempt. */
  readonly heartbeatDetails?: unknown;
}

type Input<Name extends keyof ParseActivities> = Parameters<ParseActivities[Name]>[0];
type Output<Name extends keyof ParseActivities> = Awaited<ReturnType<ParseActivities[Name]>>;

/** A context for one activity; `cancel()` cancels it. Its log is printed from errors up, unless it is taken. */
export function createContext(info: AttemptInfo = {}, takeLog?: (entry: LogEntry) => void): MockActivityEnvironment {
  return new MockActivityEnvironment(info, {
    logger: takeLog ? new DefaultLogger('INFO', takeLog) : new DefaultLogger('ERROR'),
  });
}

/** Runs an activity, in a context of its own unless one is given. */
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

/** The failure that an activity ends with; anything else it throws is thrown. */
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

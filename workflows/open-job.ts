import { ApplicationFailure } from '@temporalio/workflow';
import { findInputProblem, type ParseInput } from '../api';
import { Job, type JobState, type JobSurroundings } from './job';
import { countDocument } from './metrics';

/** Checks the input before anything else happens. @throws ApplicationFailure of type `InvalidInput` */
export function openJob(
  input: ParseInput,
  state: JobState | { readonly startedAtMs: number },
  surroundings: JobSurroundings,
): Job {
  const problem = findInputProblem(input);
  if (problem !== undefined) {
    const failure = ApplicationFailure.nonRetryable(`invalid input: ${problem}`, 'InvalidInput', {});
    countDocument(failure);
    throw failure;
  }
  return new Job(input, state, surroundings);
}

import { patched } from '@temporalio/workflow';
import type { InputCheckOptions } from '../contract';

/** Patch id of the limits that version 0.1.0 did not have. The code calls `patched` only if the input exceeds one of them. */
const INPUT_LIMITS = 'input-limits';

/** Checks the input of a workflow. Limits that version 0.1.0 did not have refuse no execution that version 0.1.0 started. */
export function findReplayableProblem(find: (options: InputCheckOptions) => string | undefined): string | undefined {
  const problem = find({ limits: false });
  if (problem !== undefined) return problem;
  const limitProblem = find({});
  return limitProblem !== undefined && patched(INPUT_LIMITS) ? limitProblem : undefined;
}

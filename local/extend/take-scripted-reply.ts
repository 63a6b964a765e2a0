import type { Exchange } from './exchange';
import type { Operation } from './ledger';
import type { Reply } from './reply';
import type { RunList } from './run-store';

/** The list of a script that the requests of an operation use up. */
const LISTS: Readonly<Partial<Record<Operation, RunList>>> = {
  read: 'reads',
  result: 'results',
  content: 'downloads',
  cancelRun: 'cancels',
  deleteRun: 'deletes',
};

/**
 * Takes the next reply of the script's list; `undefined` if there is none left. A request that is refused for its
 * headers uses none up, and neither does a request for a deleted run.
 */
export function takeScriptedReply({ request, state, headerRefusal, run, submission }: Exchange): Reply | undefined {
  if (headerRefusal !== undefined && request.operation !== 'content') return undefined;
  if (request.runId === undefined) {
    return submission.script && state.runs.takeSubmitReply(submission.script);
  }
  const list = LISTS[request.operation];
  if (run === undefined || run.deleted || list === undefined) return undefined;
  return state.runs.takeRunReply(run, list);
}

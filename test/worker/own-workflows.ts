import { proxyActivities } from '@temporalio/workflow';
import { parseInWorkflow, type ParseInput } from '../../workflows/embed';

const { greet } = proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: 10_000 });

export { parseDocument } from '../../workflows';

/** A workflow of a user of the package. */
export async function greetAndParse(input: ParseInput): Promise<string> {
  const { runId } = await parseInWorkflow(input);
  return greet(runId);
}

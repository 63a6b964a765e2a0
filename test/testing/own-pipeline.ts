/** Workflows of a user's own, as a worker's one file of workflows: they come beside those of the package. */
import { executeChild, proxyActivities, sleep } from '@temporalio/workflow';
import { parseDocument } from '../../workflows';

export * from '../../workflows';

/** Activities of the user's own. */
export interface OwnActivities {
  index(content: string): Promise<string>;
}

const { index } = proxyActivities<OwnActivities>({ startToCloseTimeout: '10 seconds' });

/** Parses a document, waits a day, and hands the first chunk to an activity. */
export async function indexDocument(fileUrl: string): Promise<string> {
  const result = await executeChild(parseDocument, { args: [{ file: { fileUrl } }] });
  await sleep('1 day');
  return index(result.output.kind === 'inline' ? (result.output.chunks[0]?.content ?? '') : '');
}

/** A user's own workflows, with those of the package, because a worker has one file of workflows. */
import { executeChild, proxyActivities, sleep } from '@temporalio/workflow';
import { parseDocument } from '../../workflows';

export * from '../../workflows';

/** The user's own activities. */
export interface OwnActivities {
  index(content: string): Promise<string>;
}

const { index } = proxyActivities<OwnActivities>({ startToCloseTimeout: '10 seconds' });

/** Parses a document, waits a day, and passes the first chunk to an activity. */
export async function indexDocument(fileUrl: string): Promise<string> {
  const result = await executeChild(parseDocument, { args: [{ file: { fileUrl } }] });
  await sleep('1 day');
  return index(result.output.kind === 'inline' ? (result.output.chunks[0]?.content ?? '') : '');
}

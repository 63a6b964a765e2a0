import { executeChild, proxyActivities, sleep } from '@temporalio/workflow';
import { parseFailureOf, parseInWorkflow, toMarkdown } from 'temporal-extend-parse/embed';
import type { parseDocument } from 'temporal-extend-parse/workflows';

// A worker has one file of workflows, so this file exports each workflow that is started by its name.
export { parseDocument } from 'temporal-extend-parse/workflows';

/** The activities of this pipeline. */
export interface PipelineActivities {
  publish(markdown: string): Promise<void>;
  askForBetterScan(reason: string): Promise<void>;
}

const { publish, askForBetterScan } = proxyActivities<PipelineActivities>({ startToCloseTimeout: '10 seconds' });

/**
 * Publishes a document a day after it was parsed. If the document cannot be parsed, its sender is asked for a better
 * scan.
 */
export async function publishDocument(fileUrl: string): Promise<'published' | 'returned'> {
  try {
    const result = await parseInWorkflow({ file: { fileUrl } });
    await sleep('1 day');
    await publish(toMarkdown(result));
    return 'published';
  } catch (error) {
    const failure = parseFailureOf(error);
    if (failure?.type !== 'ParserRunFailed') throw error;
    await askForBetterScan(failure.message);
    return 'returned';
  }
}

/** Parses each document in a child workflow, which has its own history and runs on the workers of `taskQueue`. */
export async function countPages(fileUrls: readonly string[], taskQueue: string): Promise<number> {
  const parse = (fileUrl: string) =>
    executeChild<typeof parseDocument>('parseDocument', { taskQueue, args: [{ file: { fileUrl } }] });
  const results = await Promise.all(fileUrls.map(parse));
  return results.reduce((pages, { pageCount }) => pages + (pageCount ?? 0), 0);
}

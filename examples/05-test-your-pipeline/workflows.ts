import { ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import { parseInWorkflow } from 'temporal-extend-parse/embed';

export interface PipelineActivities {
  publish(markdown: string): Promise<void>;
  askForBetterScan(reason: string): Promise<void>;
}

const { publish, askForBetterScan } = proxyActivities<PipelineActivities>({ startToCloseTimeout: '10 seconds' });

/** Publishes a document a day after it came in; one that cannot be read goes back to its sender. */
export async function publishDocument(fileUrl: string): Promise<'published' | 'returned'> {
  try {
    const { output } = await parseInWorkflow({ file: { fileUrl } });
    if (output.kind !== 'inline') throw ApplicationFailure.nonRetryable('asked for an inline result');
    await sleep('1 day');
    await publish(output.chunks.map(({ content }) => content).join('\n\n'));
    return 'published';
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'ParserRunFailed') throw error;
    await askForBetterScan(error.message);
    return 'returned';
  }
}

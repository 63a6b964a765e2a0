import { proxyActivities } from '@temporalio/workflow';
import { parseInWorkflow, type ParseInput } from 'temporal-extend-parse/embed';
import type { IndexActivities } from './activities';

const { indexChunks } = proxyActivities<IndexActivities>({ startToCloseTimeout: '1 minute' });

/** Input of {@link ingestDocument}. */
export interface IngestInput {
  readonly documentId: string;
  readonly file: Extract<ParseInput, { file: unknown }>['file'];
}

/**
 * Parses a document, puts its chunks into the index, and returns their number. The text never passes through Temporal:
 * the worker stores it as a file, and the activity reads that file.
 */
export async function ingestDocument({ documentId, file }: IngestInput): Promise<number> {
  const { output } = await parseInWorkflow({
    file,
    config: { chunkingStrategy: { type: 'section' } },
    result: 'stored',
  });
  return indexChunks({ documentId, output });
}

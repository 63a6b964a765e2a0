/** Uses every entry of the package, its types included. */
import type { ParseResult } from 'temporal-extend-parse/client';
import { createParseActivities, type ParseActivities } from 'temporal-extend-parse/activities';
import { isParseError, ParseClient, type ParseInput } from 'temporal-extend-parse/client';
import { parseInWorkflow, type ParseInWorkflowOptions } from 'temporal-extend-parse/embed';
import { createFileStore, type ResultStore } from 'temporal-extend-parse/storage';
import { createParseTestEnvironment, type ParseTestEnvironment } from 'temporal-extend-parse/testing';
import { createParseWorker, ExtendParsePlugin } from 'temporal-extend-parse/worker';
import { parseDocument } from 'temporal-extend-parse/workflows';
import { Worker } from '@temporalio/worker';

const input: ParseInput = { file: { fileUrl: 'http://emulator.invalid/ok' }, polling: { engine: 'retry' } };
// @ts-expect-error -- an input without a document
const wrong: ParseInput = { config: {} };
export const activities: ParseActivities = createParseActivities({ apiKey: 'test' });
export const store: ResultStore = createFileStore({ directory: 'results' });
export const options: ParseInWorkflowOptions = { taskQueue: 'documents' };
export const unused = [ParseClient, parseInWorkflow, createParseWorker, parseDocument, wrong];
export const withPlugin = () => Worker.create({ taskQueue: 'q', plugins: [new ExtendParsePlugin({ apiKey: 'test' })] });

async function main(): Promise<void> {
  const parsing: ParseTestEnvironment = await createParseTestEnvironment();
  const result: ParseResult = await parsing.client.execute(input);
  const failure: unknown = await parsing.client
    .execute({ file: parsing.document('failing') })
    .catch((error: unknown) => error);
  await parsing.close();
  const reason = isParseError(failure, 'ParserRunFailed') ? failure.details.failureReason : undefined;
  console.log(`got ${result.output.kind} and ${reason}`);
}

void main();

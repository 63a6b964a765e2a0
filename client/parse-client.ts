import { randomUUID } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
  type WorkflowHandle,
  type WorkflowStartOptions,
} from '@temporalio/client';
import {
  DEFAULT_TASK_QUEUE,
  findBatchProblem,
  findInputProblem,
  nameOfDocument,
  openingAttributes,
  type BatchInput,
  type ParseInput,
  type ParseResult,
} from '../contract';
import { type Chunk, type ParserRun } from '../contract/extend';
import type { parseBatch, parseDocument } from '../workflows';
import { createBatchHandle, type BatchHandle } from './batch/batch-handle';
import { documentHash } from './document-hash';
import { createParseError, IdempotencyKeyReusedError, isParseError } from './errors';
import { createParseHandle, type ParseHandle } from './parse-handle';
import { readChunks, readRun, type ReadResultOptions } from './read-result';
import { describingOptions, startDescribed } from './search-attributes';
import { startBatch } from './batch/start-batch';

/** Settings of {@link ParseClient}. */
export interface ParseClientOptions extends ReadResultOptions {
  /** Temporal client; it stays yours, and so does its connection. */
  readonly client: Client;
  /** Task queue that the parse workers poll. @default 'extend-parse' */
  readonly taskQueue?: string;
}

/** How one parse is started. */
export interface StartParseOptions {
  /**
   * Makes starting safe to repeat: it becomes the workflow id. While that workflow runs, and once it succeeded, starting
   * again gives its handle; after a failure it starts anew, except after `SubmitOutcomeUnknown`. @default none: each call starts one
   */
  readonly idempotencyKey?: string;
  /** Workflow id, where it shall be yours but a second start an error. @default 'extend-parse-' and a random UUID */
  readonly workflowId?: string;
  /** Temporal's priority and fairness of the workflow; its activities inherit it. @default the server's */
  readonly priority?: NonNullable<WorkflowStartOptions['priority']>;
  /**
   * Makes the workflow findable by run id, status, file name and batch: the search attributes `ExtendParseRunId`,
   * `ExtendParseStatus`, `ExtendParseFileName` and `ExtendParseBatch`, which must be registered in the namespace. Changes of
   * the first two cost an event and an Action each, mostly two per document. @default false
   */
  readonly searchAttributes?: boolean;
  /** Further start options of Temporal: search attributes, memo, summary. @default none */
  readonly workflow?: Omit<Partial<WorkflowStartOptions>, 'args' | 'workflowId' | 'taskQueue' | 'priority'>;
}

const WORKFLOW_TYPE = 'parseDocument';
/** Name in the workflow's memo. */
const HASH_MEMO = 'extendParseDocument';

/** Starts `parseDocument` workflows from a backend service, and finds them again. */
export class ParseClient {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #stored: ReadResultOptions;

  constructor({ client, taskQueue = DEFAULT_TASK_QUEUE, ...stored }: ParseClientOptions) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#stored = stored;
  }

  /**
   * Starts a parse, and returns as soon as Temporal has it.
   *
   * @throws InvalidInputError before anything is started; IdempotencyKeyReusedError if the key has another document;
   * SearchAttributesNotRegisteredError if they are asked for and the namespace does not have them.
   */
  async start(input: ParseInput, options: StartParseOptions = {}): Promise<ParseHandle> {
    const { idempotencyKey, workflowId = idempotencyKey ?? `${DEFAULT_TASK_QUEUE}-${randomUUID()}` } = options;
    const problem = findInputProblem(input) ?? findOptionsProblem(options);
    if (problem !== undefined) throw createParseError('InvalidInput', `invalid input: ${problem}`, { workflowId });
    const start = (workflowIdReusePolicy: WorkflowIdReusePolicy) =>
      startDescribed(this.#client, options, () =>
        this.#client.workflow.start<typeof parseDocument>(WORKFLOW_TYPE, {
          ...describingOptions(options, openingAttributes(input), nameOfDocument(input)),
          ...(options.priority && { priority: options.priority }),
          memo: { ...options.workflow?.memo, [HASH_MEMO]: documentHash(input) },
          taskQueue: this.#taskQueue,
          workflowId,
          workflowIdReusePolicy,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          args: [input],
        }),
      );
    if (idempotencyKey === undefined) return createParseHandle(await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE));
    return createParseHandle(await this.#startOnce(workflowId, input, start));
  }

  /** Starts a parse and waits for its result. @throws what {@link start} and `result()` of its handle throw */
  async execute(input: ParseInput, options: StartParseOptions = {}): Promise<ParseResult> {
    const handle = await this.start(input, options);
    return handle.result();
  }

  /** The handle of a workflow by its id. It asks nobody: a wrong id shows with the first call of the handle. */
  getHandle(workflowId: string): ParseHandle {
    return createParseHandle(this.#client.workflow.getHandle<typeof parseDocument>(workflowId));
  }

  /**
   * Starts a batch of documents, and returns as soon as Temporal has it. With an `idempotencyKey` it comes back to the
   * batch of that key: while it runs, and once it is done, it gives its handle; one that was cancelled, stopped or has
   * failed goes on where it was, and `retryFailed` parses what failed once more. Without one, each call starts a batch.
   *
   * @throws InvalidInputError before anything is started; IdempotencyKeyReusedError if the key has other documents.
   */
  async startBatch(input: BatchInput, options: StartParseOptions = {}): Promise<BatchHandle> {
    const { idempotencyKey, workflowId = idempotencyKey ?? `${DEFAULT_TASK_QUEUE}-batch-${randomUUID()}` } = options;
    const problem = findBatchProblem(input) ?? findOptionsProblem(options);
    if (problem !== undefined) throw createParseError('InvalidInput', `invalid input: ${problem}`, { workflowId });
    const request = { input, options, workflowId, taskQueue: this.#taskQueue };
    return createBatchHandle(await startBatch(this.#client, request), this.#stored);
  }

  /** The handle of a batch by its key. It asks nobody: a wrong one shows with the first call of the handle. */
  getBatchHandle(workflowId: string): BatchHandle {
    return createBatchHandle(this.#client.workflow.getHandle<typeof parseBatch>(workflowId), this.#stored);
  }

  /**
   * Gives the chunks of a result one after the other, inline or stored; a stored document is never in memory as a whole.
   *
   * @throws TypeError if the result is stored and the client has no store; Error, at the end, if it is not what was stored.
   */
  readChunks(result: ParseResult): AsyncGenerator<Chunk, void> {
    return readChunks(result, this.#stored);
  }

  /**
   * Reads a stored result back, whole and in memory: Extend's run object.
   *
   * @throws TypeError if the result is inline or the client has no store; Error if it is not what was stored.
   */
  readRun(result: ParseResult): Promise<ParserRun> {
    return readRun(result, this.#stored);
  }

  async #startOnce(
    workflowId: string,
    input: ParseInput,
    start: (policy: WorkflowIdReusePolicy) => Promise<WorkflowHandle<typeof parseDocument>>,
  ): Promise<WorkflowHandle<typeof parseDocument>> {
    try {
      return await start(WorkflowIdReusePolicy.REJECT_DUPLICATE);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const existing = this.#client.workflow.getHandle<typeof parseDocument>(workflowId);
    const { memo, status, runId } = await existing.describe();
    if (memo?.[HASH_MEMO] !== documentHash(input)) throw new IdempotencyKeyReusedError(workflowId);
    const isKept = status.name === 'RUNNING' || status.name === 'COMPLETED';
    if (isKept || (await this.#endedUnknown(workflowId, runId, input))) return existing;
    try {
      return await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY);
    } catch (error) {
      // Somebody else with the same key was faster: theirs is ours.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return existing;
      throw error;
    }
  }

  /**
   * Whether nobody can say if a run exists: then a new start could bill the document twice, and is not made. It looks at
   * the one run that has ended: a newer one, started by somebody else meanwhile, would be waited for.
   */
  async #endedUnknown(workflowId: string, runId: string, input: ParseInput): Promise<boolean> {
    const atMostOnce = 'onAmbiguousSubmit' in input && input.onAmbiguousSubmit === 'fail';
    const ended = this.#client.workflow.getHandle<typeof parseDocument>(workflowId, runId, { followRuns: false });
    try {
      await createParseHandle(ended).result();
      return false;
    } catch (error) {
      if (!isParseError(error)) return false;
      return error.type === 'SubmitOutcomeUnknown' || (atMostOnce && error.details.runMayExist === true);
    }
  }
}

function findOptionsProblem(options: StartParseOptions): string | undefined {
  const { idempotencyKey, workflowId } = options;
  if (idempotencyKey !== undefined && workflowId !== undefined)
    return "options must have 'idempotencyKey' or 'workflowId', not both";
  for (const [name, value] of Object.entries({ idempotencyKey, workflowId }) as [string, unknown][]) {
    if (value === undefined) continue;
    if (typeof value !== 'string') return `${name} must be a string, got a ${typeof value}`;
    if (value.trim() === '') return `${name} must not be empty`;
  }
  return undefined;
}

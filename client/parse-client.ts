import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import {
  DEFAULT_TASK_QUEUE,
  findBatchProblem,
  findInputProblem,
  type BatchInput,
  type ParseInput,
  type InlineParseInput,
  type InlineParseResult,
  type ParseResult,
  type StoredParseInput,
  type StoredParseResult,
} from '../contract';
import type { Chunk, ParserRun } from '../contract/extend';
import type { parseBatch, parseDocument } from '../workflows';
import { createBatchHandle, type BatchHandle } from './batch/batch-handle';
import { startBatch } from './batch/start-batch';
import { createParseError } from './errors';
import { createParseHandle, type ParseHandle } from './parse-handle';
import { readChunks, readRun, type ReadResultOptions } from './read-result';
import { startDocument } from './start-document';
import { findOptionsProblem, type StartParseOptions } from './start-options';

/** Settings of {@link ParseClient}. */
export interface ParseClientOptions extends ReadResultOptions {
  /** Temporal client. The `ParseClient` never closes its connection. */
  readonly client: Client;
  /** Task queue that the parse workers poll. @default 'extend-parse' */
  readonly taskQueue?: string;
}

/** Starts parses and batches from a backend service, and finds them again. */
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
   * Starts a parse, and returns as soon as Temporal has accepted it.
   *
   * @throws InvalidInputError before anything is started; IdempotencyKeyReusedError if the key belongs to another
   * document; SearchAttributesNotRegisteredError if the options ask for search attributes that the namespace does not
   * have.
   */
  start(input: StoredParseInput, options?: StartParseOptions): Promise<ParseHandle<StoredParseResult>>;
  /** For an input whose result is inline, which is the default. */
  start(input: InlineParseInput, options?: StartParseOptions): Promise<ParseHandle<InlineParseResult>>;
  /** For an input that may say either. */
  start(input: ParseInput, options?: StartParseOptions): Promise<ParseHandle>;
  /** The implementation of the forms above. */
  async start(input: ParseInput, options: StartParseOptions = {}): Promise<ParseHandle> {
    const { idempotencyKey, workflowId = idempotencyKey ?? `${DEFAULT_TASK_QUEUE}-${randomUUID()}` } = options;
    const problem = findInputProblem(input) ?? findOptionsProblem(options);
    if (problem !== undefined) throw createParseError('InvalidInput', `invalid input: ${problem}`, { workflowId });
    const request = { input, options, workflowId, taskQueue: this.#taskQueue };
    return createParseHandle(await startDocument(this.#client, request));
  }

  /**
   * Starts a parse and waits for its result. The type of the result follows from the input: inline unless it says
   * `result: 'stored'`.
   *
   * @throws what {@link start} and `result()` of its handle throw
   */
  execute(input: StoredParseInput, options?: StartParseOptions): Promise<StoredParseResult>;
  /** For an input whose result is inline, which is the default. */
  execute(input: InlineParseInput, options?: StartParseOptions): Promise<InlineParseResult>;
  /** For an input that may say either. */
  execute(input: ParseInput, options?: StartParseOptions): Promise<ParseResult>;
  /** The implementation of the forms above. */
  async execute(input: ParseInput, options: StartParseOptions = {}): Promise<ParseResult> {
    const handle = await this.start(input, options);
    return handle.result();
  }

  /**
   * The handle of a workflow by its id. No request is made, so a wrong id fails at the first call of the handle. The form
   * of the result is not known here.
   */
  getHandle(workflowId: string): ParseHandle {
    return createParseHandle(this.#client.workflow.getHandle<typeof parseDocument>(workflowId));
  }

  /**
   * Starts a batch of documents, and returns as soon as Temporal has accepted it. Without an `idempotencyKey`, each
   * call starts a batch. With a key that has a batch already, it returns the handle of that batch if it runs or is
   * done. A batch that was cancelled, stopped or has failed continues with the documents that are not done, and
   * `retryFailed` parses the documents that failed once more.
   *
   * @throws InvalidInputError before anything is started; IdempotencyKeyReusedError if the key belongs to other
   * documents.
   */
  async startBatch(input: BatchInput, options: StartParseOptions = {}): Promise<BatchHandle> {
    const { idempotencyKey, workflowId = idempotencyKey ?? `${DEFAULT_TASK_QUEUE}-batch-${randomUUID()}` } = options;
    const problem = findBatchProblem(input) ?? findOptionsProblem(options);
    if (problem !== undefined) throw createParseError('InvalidInput', `invalid input: ${problem}`, { workflowId });
    const request = { input, options, workflowId, taskQueue: this.#taskQueue };
    return createBatchHandle(await startBatch(this.#client, request), this.#stored);
  }

  /** The handle of a batch by its key. No request is made, so a wrong key fails at the first call of the handle. */
  getBatchHandle(workflowId: string): BatchHandle {
    return createBatchHandle(this.#client.workflow.getHandle<typeof parseBatch>(workflowId), this.#stored);
  }

  /**
   * Gives the chunks of a result one after the other, inline or stored. A stored document is never in memory as a
   * whole.
   *
   * @throws TypeError if the result is stored and the client has no store; Error, at the end, if the content differs
   * from the content that was stored.
   */
  readChunks(result: ParseResult): AsyncGenerator<Chunk, void> {
    return readChunks(result, this.#stored);
  }

  /**
   * Reads a stored result as a whole into memory: Extend's run object.
   *
   * @throws TypeError if the result is inline or the client has no store; Error if the content differs from the content
   * that was stored.
   */
  readRun(result: ParseResult): Promise<ParserRun> {
    return readRun(result, this.#stored);
  }
}

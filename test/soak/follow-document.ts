import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplicationFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
} from '@temporalio/client';
import type { FailureDetails, ParseResult } from '../../contract';
import { defined } from '../../json';
import type { Reported } from './compare-ledgers';
import type { PlannedDocument } from './planned-document';

/**
 * Shortest and longest pause before a call is repeated after an error, in milliseconds. While the server is down the
 * calls of all documents fail, and together they must not keep it from starting again.
 */
const RETRY_MS = [1_000, 5_000] as const;
/** Time limit of one call, in milliseconds. A server that was killed may not answer at all. */
const CALL_TIMEOUT_MS = 30_000;
const TASK_QUEUE = 'extend-parse';

/** Settings of {@link followDocument}. */
export interface FollowOptions {
  /** Client of the server. Calls that fail are repeated. */
  readonly client: Client;
  /** The document whose workflow to start. */
  readonly document: PlannedDocument;
  /** Ends the attempts. */
  readonly signal: AbortSignal;
  /** Called once Temporal has accepted the workflow. */
  readonly onStarted: () => void;
}

/**
 * Starts a document's workflow once, and returns its report. A call that fails is repeated until the server answers or
 * until the signal is aborted; then the result is `undefined`.
 */
export async function followDocument(options: FollowOptions): Promise<Reported | undefined> {
  const { client, document, signal, onStarted } = options;
  const { workflowId, input } = document;
  const started = await untilAnswered(options, async () => {
    await client.workflow
      .start('parseDocument', {
        taskQueue: TASK_QUEUE,
        workflowId,
        // The call may be repeated after a lost answer. It must not start a second workflow, even if the first has ended.
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        args: [input],
      })
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      });
    return true;
  });
  if (started === undefined || signal.aborted) return undefined;
  onStarted();
  return untilAnswered(options, async () => {
    try {
      return toResult((await client.workflow.getHandle(workflowId).result()) as ParseResult);
    } catch (error) {
      if (error instanceof WorkflowFailedError) return toFailure(error);
      throw error;
    }
  });
}

async function untilAnswered<T>({ client, signal }: FollowOptions, ask: () => Promise<T>): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await client.withAbortSignal(signal, () => client.withDeadline(Date.now() + CALL_TIMEOUT_MS, ask));
    } catch {
      const [shortest, longest] = RETRY_MS;
      const pauseMs = shortest + Math.random() * (longest - shortest);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

function toResult({ runId, submits, pageCount, otherRuns, output }: ParseResult): Reported {
  const texts = 'chunks' in output ? output.chunks.map(({ content }) => content) : [];
  return { kind: 'result', runId, submits, ...defined({ pageCount, otherRuns }), texts };
}

function toFailure({ cause }: WorkflowFailedError): Reported {
  if (!(cause instanceof ApplicationFailure)) {
    return { kind: 'other', what: cause === undefined ? 'an unknown end' : `${cause.name}: ${cause.message}` };
  }
  const { runId, submits = 0, failureReason, otherRuns } = (cause.details?.[0] ?? {}) as FailureDetails;
  return { kind: 'failure', type: cause.type ?? 'none', submits, ...defined({ runId, failureReason, otherRuns }) };
}

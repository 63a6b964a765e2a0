import type { Client } from '@temporalio/client';
import type { DocumentOutcome } from '../../contract';
import { ParseError, type ParseClient } from '../../client';

/** Time by which Temporal's list may be late, in milliseconds. */
const LATE_MS = 60_000;

/** An outcome of a document that has ended as processed or failed. */
export type EndedDocument = Extract<DocumentOutcome, { readonly status: 'processed' | 'failed' }>;

/** Settings of {@link EndedDocuments}. */
export interface EndedDocumentsOptions {
  /** Client of the Temporal server. */
  readonly temporal: Client;
  /** Gives the results. */
  readonly client: ParseClient;
  /** The batch's key. */
  readonly batchId: string;
  /** Time from which on ends count, epoch milliseconds on the server's clock. */
  readonly sinceMs: number;
}

/**
 * Finds the documents of a batch that have workflows of their own, as they end. The batch itself writes their outcomes 200
 * at a time, so this asks Temporal's list of workflows. The list may be late or incomplete, so the outcomes of the batch are read at its end all the same.
 */
export class EndedDocuments {
  readonly #options: EndedDocumentsOptions;
  readonly #seen = new Set<string>();
  #sinceMs: number;

  constructor(options: EndedDocumentsOptions) {
    this.#options = options;
    this.#sinceMs = options.sinceMs;
  }

  /** The documents that have ended since the last call. */
  async *next(): AsyncGenerator<EndedDocument, void> {
    const { temporal, batchId } = this.#options;
    // No rule of Temporal's query language is needed for the other keys: they wait for the end of the batch.
    if (/["'\\]/.test(batchId)) return;
    const since = new Date(this.#sinceMs).toISOString();
    const query = `WorkflowType = 'parseDocument' AND WorkflowId STARTS_WITH "${batchId}/" AND CloseTime >= "${since}"`;
    let latestMs = this.#sinceMs + LATE_MS;
    for await (const { workflowId, runId, status, closeTime } of temporal.workflow.list({ query })) {
      latestMs = Math.max(latestMs, closeTime?.getTime() ?? 0);
      if (this.#seen.has(runId)) continue;
      this.#seen.add(runId);
      if (status.name === 'COMPLETED' || status.name === 'FAILED') yield await this.#outcomeOf(workflowId);
    }
    this.#sinceMs = latestMs - LATE_MS;
  }

  async #outcomeOf(workflowId: string): Promise<EndedDocument> {
    const { client, batchId } = this.#options;
    const facts = { id: workflowId.slice(batchId.length + 1), workflowId, polls: 0, durationMs: 0 };
    try {
      return { status: 'processed', result: await client.getHandle(workflowId).result(), ...facts };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const { type, message, details } = error;
      return { status: 'failed', failure: { type, message, details }, ...facts };
    }
  }
}

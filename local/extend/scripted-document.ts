import type { Chunk } from '../../contract/extend/parse-api';
import type { Reply } from './reply';
import type { WebhookFault } from './webhooks/webhook-options';

/**
 * A document that the emulator plays from a script instead of parsing it. It is plain data. Its run advances by the
 * number of requests, never by the clock, except that it ends by itself if the emulator has an endpoint of webhooks.
 *
 * Each list is used up by one entry per request, in order. After the last entry, the natural answer follows. A reply
 * that replaces the natural answer (a fixed status, a reset, a hang, a reported state) does not advance the run.
 */
export interface ScriptedDocument {
  /** Replies to submits of the same URL. URLs that differ in their query are counted apart. @default [] */
  readonly submit?: readonly Reply[];
  /** Replies to polls, which are `GET` of a run with `responseType=url`, per run. @default [] */
  readonly reads?: readonly Reply[];
  /** Replies to `GET` of a run with any other `responseType` or with none, per run. @default [] */
  readonly results?: readonly Reply[];
  /** Replies to the presigned URL of a run's whole output, per run. Version 2026-02-09 only. @default [] */
  readonly downloads?: readonly Reply[];
  /** Replies to `POST /parse_runs/{id}/cancel`, per run. Version 2026-02-09 only. @default [] */
  readonly cancels?: readonly Reply[];
  /** Replies to the deletion of a run, per run. @default [] */
  readonly deletes?: readonly Reply[];
  /**
   * Status in the natural answer to the submit. PROCESSED, FAILED and CANCELLED end the run at once. Any other word,
   * known to the API or not, leaves it running. @default 'PROCESSING'
   */
  readonly submitStatus?: string;
  /**
   * Number of natural answers that say "not finished" before the run ends. With `Infinity` it never ends. @default 1
   */
  readonly processingReads?: number;
  /** Status in these answers. @default 'PROCESSING' */
  readonly processingStatus?: string;
  /** Last status of the run: PROCESSED, FAILED, CANCELLED or any other word. @default 'PROCESSED' */
  readonly status?: string;
  /** Reason that is sent with every last status except PROCESSED. @default 'INTERNAL_ERROR' for FAILED, else absent */
  readonly failureReason?: string | null;
  /** Explanation of the failure for people. Version 2026-02-09 only. @default the API's own for the reason */
  readonly failureMessage?: string | null;
  /** Password of the document. The run of a submit without it fails as PASSWORD_PROTECTED_FILE. @default none */
  readonly password?: string;
  /**
   * Run object that carries a last status other than PROCESSED. Version 2025-04-21 only, because the other version has
   * one run object. @default 'parser_run_status'
   */
  readonly failedAs?: 'parser_run_status' | 'parser_run';
  /** Number of answers to result requests that say PROCESSED without output, before the output is there. @default 0 */
  readonly resultsWithoutOutput?: number;
  /**
   * Number of answers to result requests that fall back to PROCESSING after a poll saw the end of the run. @default 0
   */
  readonly resultsBackToProcessing?: number;
  /** Number of pages, one chunk each. @default the number of `chunks`, or 1 */
  readonly pageCount?: number;
  /** Least size of the result's JSON, in bytes, spread over the pages. @default 0 */
  readonly resultBytes?: number;
  /** Chunks of the result. @default made-up ones */
  readonly chunks?: readonly Chunk[];
  /** Fields that the finished run object gets in addition or instead; `undefined` leaves one out. @default {} */
  readonly run?: Readonly<Record<string, unknown>>;
  /**
   * Time after which the run ends by itself, in milliseconds of real time, if the emulator has an enabled endpoint of
   * webhooks when it is submitted. @default `runDurationMs` of the emulator's webhooks
   */
  readonly durationMs?: number;
  /** Time until a run is listed, in milliseconds of real time. @default `lagMs` of the emulator's `runList` */
  readonly listLagMs?: number;
  /** Deviation of the events about the run from their normal delivery. @default none */
  readonly webhook?: WebhookFault;
}

import type { Chunk } from '../../contract/extend/parse-api';
import { RefusedRequest } from './answer';
import { BUILT_IN_SCRIPTS } from './built-in-scripts';
import type { Reply } from './reply';

/** Host of the URLs that play scripted documents. It never resolves, so no such URL can leave the machine. */
const SCRIPT_HOST = 'emulator.invalid';

/** Limits of the numbers in a URL's query. The emulator makes a whole result in memory, as one string. */
const MAX_READS = 999_999_999;
const MAX_PAGES = 100_000;
const MAX_RESULT_MEGABYTES = 400;

/**
 * A document that is played, not parsed. Plain data; it advances by request count, never by the clock.
 *
 * Each list is consumed one entry per request, in order; when it is used up, the natural answer follows. A reply that
 * replaces the natural answer (a fixed status, a reset, a hang, a reported state) does not advance the run.
 */
export interface ScriptedDocument {
  /** Answers to submits of one and the same URL; a URL with another query counts anew. */
  readonly submit?: readonly Reply[];
  /** Answers to `GET /parser_runs/{id}?responseType=url`, per run. */
  readonly reads?: readonly Reply[];
  /** Answers to `GET /parser_runs/{id}` with any other `responseType` or none, per run. */
  readonly results?: readonly Reply[];
  /** Answers to `DELETE /parser_runs/{id}`, per run. */
  readonly deletes?: readonly Reply[];
  /** Status in the submit's natural answer. A word other than PROCESSING, unless unknown, ends the run. @default 'PROCESSING' */
  readonly submitStatus?: string;
  /** Natural answers that say "not finished" before the run ends; `Infinity`: it never ends. @default 1 */
  readonly processingReads?: number;
  /** The word for "not finished". @default 'PROCESSING' */
  readonly processingStatus?: string;
  /** How the run ends: PROCESSED, FAILED, CANCELLED or any word. @default 'PROCESSED' */
  readonly status?: string;
  /** Sent with every end but PROCESSED. @default 'INTERNAL_ERROR' for FAILED, else absent */
  readonly failureReason?: string | null;
  /** Which run object tells of an end other than PROCESSED. @default 'parser_run_status' */
  readonly failedAs?: 'parser_run_status' | 'parser_run';
  /** Answers to result requests that say PROCESSED without output, before the output is there. @default 0 */
  readonly resultsWithoutOutput?: number;
  /** Answers to result requests that fall back to PROCESSING after the run was read as ended. @default 0 */
  readonly resultsBackToProcessing?: number;
  /** Pages, one chunk each. @default 1 */
  readonly pageCount?: number;
  /** At least this many bytes of JSON in the result, spread over the pages. @default 0 */
  readonly resultBytes?: number;
  /** The chunks, instead of made-up ones. */
  readonly chunks?: readonly Chunk[];
  /** Fields of the finished run object to replace or add; `undefined` leaves one out. */
  readonly run?: Readonly<Record<string, unknown>>;
}

/** A scripted document and the URL that named it. */
export interface ScriptCall {
  readonly name: string;
  readonly fileUrl: string;
  readonly script: ScriptedDocument;
}

/**
 * The scripted document that a URL names, or `undefined` for a URL of another host. The query may adjust it:
 * `reads` (processingReads), `pages` (pageCount, at most 100,000), `mb` (resultBytes in millions, at most 400).
 *
 * @throws RefusedRequest 400 when there is no script of that name, so that a typing error is not taken for a fault.
 */
export function findScript(
  fileUrl: string,
  scripts: Readonly<Record<string, ScriptedDocument>>,
): ScriptCall | undefined {
  const url = URL.canParse(fileUrl) ? new URL(fileUrl) : undefined;
  if (url?.hostname !== SCRIPT_HOST) return undefined;
  const name = decodedName(url.pathname.slice(1));
  const all = { ...BUILT_IN_SCRIPTS, ...scripts };
  const script = Object.hasOwn(all, name) ? all[name] : undefined;
  if (script === undefined) {
    throw new RefusedRequest(400, `no scripted document ${name}; there are ${Object.keys(all).sort().join(', ')}`);
  }
  return { name, fileUrl, script: { ...script, ...adjustments(url.searchParams) } };
}

function decodedName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RefusedRequest(400, `${text} is no name of a scripted document: its percent-encoding is wrong`);
  }
}

function adjustments(query: URLSearchParams): ScriptedDocument {
  const adjusted: { processingReads?: number; pageCount?: number; resultBytes?: number } = {};
  const reads = wholeNumber(query, 'reads', MAX_READS);
  const pages = wholeNumber(query, 'pages', MAX_PAGES);
  const megabytes = wholeNumber(query, 'mb', MAX_RESULT_MEGABYTES);
  if (reads !== undefined) adjusted.processingReads = reads;
  if (pages !== undefined) adjusted.pageCount = pages;
  if (megabytes !== undefined) adjusted.resultBytes = megabytes * 1_000_000;
  return adjusted;
}

function wholeNumber(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RefusedRequest(400, `${name} must be a whole number, got ${text}`);
  if (Number(text) > most) throw new RefusedRequest(400, `${name} must be at most ${most}, got ${text}`);
  return Number(text);
}

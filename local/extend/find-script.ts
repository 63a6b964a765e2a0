import { defined } from '../../json';
import { BUILT_IN_SCRIPTS } from './built-in-scripts';
import { RefusedRequest } from './refused-request';
import type { ScriptedDocument } from './scripted-document';

/**
 * Host of the URLs that name scripted documents. It never resolves, so no request for such a URL leaves the machine.
 */
const SCRIPT_HOST = 'emulator.invalid';

/** Limits of the numbers in a URL's query. The emulator makes a whole result in memory, as one string. */
const MAX_READS = 999_999_999;
const MAX_PAGES = 100_000;
const MAX_RESULT_MEGABYTES = 400;

/** A scripted document, and the URL that named it. */
export interface NamedScript {
  readonly name: string;
  readonly fileUrl: string;
  /** The document, adjusted by the URL's query. */
  readonly document: ScriptedDocument;
}

/**
 * Finds the scripted document that a URL names; `undefined` for a URL of another host. The query can adjust the
 * document: `reads` (processingReads), `pages` (pageCount, at most 100,000), `mb` (resultBytes in millions, at most
 * 400).
 *
 * @throws RefusedRequest 400 if there is no script of that name, so that a typing error is not taken for a fault, and
 * for a number that is wrong or too large.
 */
export function findScript(
  fileUrl: string,
  scripts: Readonly<Record<string, ScriptedDocument>>,
): NamedScript | undefined {
  const url = URL.canParse(fileUrl) ? new URL(fileUrl) : undefined;
  if (url?.hostname !== SCRIPT_HOST) return undefined;
  const name = decodedName(url.pathname.slice(1));
  const all = { ...BUILT_IN_SCRIPTS, ...scripts };
  const document = Object.hasOwn(all, name) ? all[name] : undefined;
  if (document === undefined) {
    throw new RefusedRequest(400, `no scripted document ${name}; there are ${Object.keys(all).sort().join(', ')}`);
  }
  return { name, fileUrl, document: { ...document, ...adjustments(url.searchParams) } };
}

function decodedName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RefusedRequest(400, `${text} is no name of a scripted document: its percent-encoding is wrong`);
  }
}

function adjustments(query: URLSearchParams): ScriptedDocument {
  const processingReads = wholeNumber(query, 'reads', MAX_READS);
  const pageCount = wholeNumber(query, 'pages', MAX_PAGES);
  const megabytes = wholeNumber(query, 'mb', MAX_RESULT_MEGABYTES);
  const resultBytes = megabytes === undefined ? undefined : megabytes * 1_000_000;
  return defined({ processingReads, pageCount, resultBytes });
}

function wholeNumber(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RefusedRequest(400, `${name} must be a whole number, got ${text}`);
  if (Number(text) > most) throw new RefusedRequest(400, `${name} must be at most ${most}, got ${text}`);
  return Number(text);
}

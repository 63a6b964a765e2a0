import { realpath, stat } from 'node:fs/promises';
import { maskUrl } from '../privacy';
import { usageError } from './exit-status';
import { toLabel, toSafeLabel } from './to-label';

/** A document that the command line names. */
export interface Document {
  /** The argument itself. */
  readonly input: string;
  /** The argument as people see it. A URL loses its query, which may hold a signature. */
  readonly label: string;
  /** The location: a path on this machine, or an `http:` or `https:` URL. */
  readonly location: { readonly path: string } | { readonly url: string };
}

/** The argument as `--json` repeats it: a path as it was given, a URL without credentials and query. */
export function toShownInput({ input, location }: Document): string {
  return 'url' in location ? maskUrl(input) : input;
}

/**
 * Checks the arguments that name documents. It resolves links in the paths of files, and opens no URL.
 *
 * @throws CommandError that names each argument that cannot be a document, one per line.
 */
export async function readDocuments(inputs: readonly string[]): Promise<Document[]> {
  const { documents, refused } = await sortInputs(inputs);
  if (refused.length > 0) throw usageError(refused.map(({ problem }) => toLabel(problem)).join('\n'));
  return documents;
}

/** An argument that cannot be a document. */
export interface RefusedInput {
  /** Position among the arguments, from 0. */
  readonly position: number;
  /** The argument as people and machines see it. */
  readonly shown: string;
  /** The reason, which names the argument. */
  readonly problem: string;
}

/** Checks the arguments one by one. It resolves links in the paths of files, and opens no URL. */
export async function sortInputs(
  inputs: readonly string[],
): Promise<{ documents: Document[]; refused: RefusedInput[] }> {
  const read = await Promise.all(inputs.map((input) => readDocument(input)));
  return {
    documents: read.filter((item) => typeof item !== 'string'),
    refused: read.flatMap((problem, position) => {
      return typeof problem === 'string'
        ? [{ position, shown: toSafeLabel(maskUrl(inputs[position] ?? '')), problem }]
        : [];
    }),
  };
}

async function readDocument(input: string): Promise<Document | string> {
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(input)) return readUrl(input);
  try {
    const stats = await stat(input);
    if (stats.isDirectory()) return `${input} is a directory: extend-parse batch ${input} parses the files in it`;
    if (!stats.isFile()) return `${input} is not a file`;
    return { input, label: input, location: { path: await realpath(input) } };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A URL with a typing error in its scheme arrives here as a path.
    const shown = /^\s*[a-z][a-z\d+.-]+:\//i.test(input) ? maskUrl(input) : toSafeLabel(input);
    return code === 'ENOENT' ? `no such file: ${shown}` : `cannot open ${shown}: ${code ?? 'unknown error'}`;
  }
}

function readUrl(input: string): Document | string {
  if (!URL.canParse(input)) return `not a URL: ${maskUrl(input)}`;
  const url = new URL(input);
  const label = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `${label} is neither a file nor an http: or https: URL`;
  }
  return { input, label, location: { url: input } };
}

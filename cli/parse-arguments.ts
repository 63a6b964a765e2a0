import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Document, readDocuments } from './documents';
import { usageError } from './exit-status';
import { toSafeLabel } from './to-label';

/** The document that is parsed when none is named. */
const SAMPLE = resolve(__dirname, '../../cli/sample/12s0324.pdf');

/** What the command line says. */
export interface GivenArguments {
  /** Files and URLs. */
  readonly inputs: readonly string[];
  /** Directory for the results. */
  readonly out: string;
  /** Whether a summary for machines goes to standard output. */
  readonly json: boolean;
  /** `true`: results may replace files that this command did not write. */
  readonly force: boolean;
}

/** What the command line says, checked. */
export interface ParseArguments extends Omit<GivenArguments, 'inputs'> {
  /** What to parse; files exist. */
  readonly documents: readonly Document[];
  /** Whether the documents are the shipped sample. */
  readonly isSample: boolean;
}

/**
 * Checks what the command line says. It looks at files and opens no connection.
 *
 * @throws CommandError that names what is wrong.
 */
export async function checkArguments({ inputs, out, json, force }: GivenArguments): Promise<ParseArguments> {
  const isSample = inputs.length === 0;
  const documents = await readDocuments(isSample ? [SAMPLE] : inputs);
  const stats = await stat(out).catch(() => undefined);
  if (stats !== undefined && !stats.isDirectory())
    throw usageError(`--out must be a directory, got the file ${toSafeLabel(out)}`);
  return { documents, isSample, out, json, force };
}

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Document, readDocuments } from './documents';
import { usageError } from './exit-status';
import { toSafeLabel } from './to-label';

/** The document to parse if the command line names none. */
const SAMPLE = resolve(__dirname, '../../cli/sample/12s0324.pdf');

/** Arguments and options of `extend-parse parse`. */
export interface GivenArguments {
  /** Files and URLs. */
  readonly inputs: readonly string[];
  /** Directory for the results. */
  readonly out: string;
  /** `true`: a summary for machines goes to standard output. */
  readonly json: boolean;
  /** `true`: results may replace files that this command did not write. */
  readonly force: boolean;
}

/** Checked arguments and options of `extend-parse parse`. */
export interface ParseArguments extends Omit<GivenArguments, 'inputs'> {
  /** The documents to parse; those that are files exist. */
  readonly documents: readonly Document[];
  /** `true`: the command line named no document, and `documents` holds the sample. */
  readonly isSample: boolean;
}

/**
 * Checks arguments and options. It checks that files exist, and opens no connection.
 *
 * @throws CommandError that names the wrong argument or option.
 */
export async function checkArguments({ inputs, out, json, force }: GivenArguments): Promise<ParseArguments> {
  const isSample = inputs.length === 0;
  const documents = await readDocuments(isSample ? [SAMPLE] : inputs);
  const stats = await stat(out).catch(() => undefined);
  if (stats !== undefined && !stats.isDirectory())
    throw usageError(`--out must be a directory, got the file ${toSafeLabel(out)}`);
  return { documents, isSample, out, json, force };
}

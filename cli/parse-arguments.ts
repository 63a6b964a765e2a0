import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DocumentInput } from '../contract';
import { defined } from '../json';
import { type Document, type RefusedInput, sortInputs } from './documents';
import { usageError } from './exit-status';
import { type ConfigOptions, readConfig } from './read-config';
import { toLabel, toSafeLabel } from './to-label';

/** The document to parse if the command line names none. */
const SAMPLE = resolve(__dirname, '../../cli/sample/invoice.pdf');

/** Arguments and options of `extend-parse parse`. */
export interface GivenArguments extends ConfigOptions {
  /** Files and URLs. */
  readonly inputs: readonly string[];
  /** Directory for the results. */
  readonly out: string;
  /** `true`: a summary for machines goes to standard output. */
  readonly json: boolean;
  /** `true`: results may replace files that this command did not write. */
  readonly force: boolean;
  /** Deadline of each document, in milliseconds. @default that of `parseDocument` */
  readonly deadline?: number;
}

/** Checked arguments and options of `extend-parse parse`. */
export interface ParseArguments extends Pick<GivenArguments, 'out' | 'json' | 'force'> {
  /** The documents to parse; those that are files exist. */
  readonly documents: readonly Document[];
  /** `true`: the command line named no document, and `documents` holds the sample. */
  readonly isSample: boolean;
  /** The arguments that cannot be documents. They are reported as failed. */
  readonly refused: readonly RefusedInput[];
  /** The input of each document's workflow, besides the document. */
  readonly options: Pick<DocumentInput, 'config' | 'deadlineMs'>;
}

/**
 * Checks arguments and options. It checks that files exist, and opens no connection. An argument that cannot be a document
 * keeps the others from nothing, unless there is no other.
 *
 * @throws CommandError that names the wrong argument or option.
 */
export async function checkArguments(given: GivenArguments): Promise<ParseArguments> {
  const { inputs, out, json, force, deadline: deadlineMs } = given;
  const isSample = inputs.length === 0;
  const { documents, refused } = await sortInputs(isSample ? [SAMPLE] : inputs);
  if (documents.length === 0) throw usageError(refused.map(({ problem }) => toLabel(problem)).join('\n'));
  const stats = await stat(out).catch(() => undefined);
  if (stats !== undefined && !stats.isDirectory())
    throw usageError(`--out must be a directory, got the file ${toSafeLabel(out)}`);
  const options = defined({ config: await readConfig(given), deadlineMs });
  return { documents, refused, isSample, out, json, force, options };
}

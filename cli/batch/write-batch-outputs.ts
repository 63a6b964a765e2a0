import type { DocumentOutcome } from '../../contract';
import type { BatchHandle } from '../../client';
import type { OutputDirectory } from '../output-directory';
import { toOutputNames } from '../output-names';
import { withContent } from '../parse-call';
import type { ParseServices } from '../parse-services';
import { writeOutputs } from '../write-outputs';

/** Limit of failed documents that are printed. The others are in the outcomes. */
const MAX_NAMED = 20;

/**
 * Writes markdown and result of each processed document of a batch, and prints the failures.
 *
 * @returns the number of results written
 */
export async function writeBatchOutputs(options: {
  readonly handle: BatchHandle;
  readonly services: ParseServices;
  readonly output: OutputDirectory;
  /** Ids of all documents of the batch, so that names do not depend on which documents failed. */
  readonly ids: readonly string[];
  readonly say: (line: string) => void;
}): Promise<number> {
  const { handle, services, output, ids, say } = options;
  const outcomes: DocumentOutcome[] = [];
  for await (const outcome of handle.outcomes()) outcomes.push(outcome);
  const lines = outcomes.flatMap(describeFailure);
  for (const line of lines.slice(0, MAX_NAMED)) say(line);
  if (lines.length > MAX_NAMED) say(`and ${lines.length - MAX_NAMED} more`);
  const processed = outcomes.filter((outcome) => outcome.status === 'processed');
  const names = toBatchNames([...ids, ...processed.map(({ id }) => id)]);
  let written = 0;
  for (const { id, result } of processed) {
    try {
      await writeOutputs({ output, name: names.get(id) ?? '', result: await withContent(result, services) });
      written += 1;
    } catch (error) {
      say(`${id}: the result could not be written: ${String(error)}`);
    }
  }
  return written;
}

/** The names of the results by id. They do not depend on the order in which the documents ended. */
export function toBatchNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...new Set(ids)].sort((one, other) => (one < other ? -1 : 1));
  const names = toOutputNames(sorted);
  return new Map(sorted.map((id, index) => [id, names[index] ?? '']));
}

function describeFailure(outcome: DocumentOutcome): string[] {
  if (outcome.status === 'skipped') return [`line ${outcome.line} is not a document: ${outcome.message}`];
  if (outcome.status !== 'failed') return [];
  return [`${outcome.id}: failed, ${outcome.failure.type}: ${outcome.failure.message.replace(/\s+/g, ' ')}`];
}

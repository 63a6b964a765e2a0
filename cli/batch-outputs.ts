import type { DocumentOutcome } from '../api';
import type { BatchHandle } from '../client';
import { toOutputNames } from './output-names';
import { withContent } from './parse-run';
import type { ParseServices } from './parse-services';
import { writeOutputs } from './write-outputs';

/** Failed documents that are named; the others are in the outcomes. */
const MAX_NAMED = 20;

/** Writes markdown and result of each document of a batch that was parsed, and says which were not. @returns how many */
export async function writeBatchOutputs(options: {
  readonly handle: BatchHandle;
  readonly services: ParseServices;
  readonly out: string;
  readonly say: (line: string) => void;
}): Promise<number> {
  const { handle, services, out, say } = options;
  const outcomes: DocumentOutcome[] = [];
  for await (const outcome of handle.outcomes()) outcomes.push(outcome);
  const lines = outcomes.flatMap(describeFailure);
  for (const line of lines.slice(0, MAX_NAMED)) say(line);
  if (lines.length > MAX_NAMED) say(`and ${lines.length - MAX_NAMED} more`);
  const processed = outcomes.filter((outcome) => outcome.status === 'processed');
  // Names must not depend on which document was faster.
  processed.sort((one, other) => (one.id < other.id ? -1 : 1));
  const names = toOutputNames(processed.map(({ id }) => id));
  let written = 0;
  for (const [index, { id, result }] of processed.entries()) {
    try {
      await writeOutputs({ directory: out, name: names[index] ?? '', result: await withContent(result, services) });
      written += 1;
    } catch (error) {
      say(`${id}: the result could not be written: ${String(error)}`);
    }
  }
  return written;
}

function describeFailure(outcome: DocumentOutcome): string[] {
  if (outcome.status === 'skipped') return [`line ${outcome.line} is no document: ${outcome.message}`];
  if (outcome.status !== 'failed') return [];
  return [`${outcome.id}: failed, ${outcome.failure.type}: ${outcome.failure.message.replace(/\s+/g, ' ')}`];
}

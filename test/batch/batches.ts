import type { BatchHandle, DocumentOutcome } from '../../client';

/** The shortest waits: a server with a real clock makes them one second long. */
export const QUICK = { polling: { engine: 'retry', initialDelayMs: 0, maxDelayMs: 10, jitter: 0 } } as const;

/** No poll for an hour: the document stays in flight until its workflow gets the signal `runFinished`. */
export const ENDLESS = { polling: { initialDelayMs: 3_600_000 } } as const;

/** Settings of {@link documents}. */
interface DocumentsOptions {
  /** `true`: every tenth document plays the script `failing`. @default false */
  readonly failing?: boolean;
  /** `true`: the run of each document has ended at its first poll. @default false: after the polls of its script */
  readonly ended?: boolean;
}

/** Documents of this batch. */
export function documents(batch: string, count: number, { failing = false, ended = false }: DocumentsOptions = {}) {
  return Array.from({ length: count }, (_, index) => {
    const script = failing && index % 10 === 9 ? 'failing' : 'ok';
    return { file: { fileUrl: ended ? endedUrlOf(batch, index, script) : urlOf(batch, index, script) } };
  });
}

/** URL of a document that no other test uses. */
export function urlOf(batch: string, index: number, script = 'ok'): string {
  return `http://emulator.invalid/${script}?n=${batch}-${index}`;
}

/** URL of a document whose run has ended at its first poll. */
export function endedUrlOf(batch: string, index: number, script = 'ok'): string {
  return `${urlOf(batch, index, script)}&reads=0`;
}

/** All written outcomes. */
export async function outcomesOf(handle: BatchHandle): Promise<DocumentOutcome[]> {
  const outcomes: DocumentOutcome[] = [];
  for await (const outcome of handle.outcomes()) outcomes.push(outcome);
  return outcomes;
}

/** Ids of the outcomes with this status, in order. */
export function idsOf(outcomes: readonly DocumentOutcome[], status: DocumentOutcome['status']): string[] {
  const ids = outcomes.flatMap((outcome) => (outcome.status === status && 'id' in outcome ? [outcome.id] : []));
  return ids.sort((one, other) => Number(one) - Number(other));
}

/** '1', '2' and so on: the ids of documents without ids of their own. */
export function positions(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

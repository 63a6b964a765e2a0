import type { BatchProgress, BatchResult } from '../../contract';
import { describeFailure, type CurrentFailure } from '../current-failure';
import { toLabel } from '../to-label';

/** Shows the progress of a batch while the command waits. */
export interface BatchDisplay {
  /** Prints a line that stays. */
  say(line: string): void;
  /** Shows the progress, and the failure that documents wait after. */
  update(progress: BatchProgress, failure?: CurrentFailure): void;
  /** Removes the bar. */
  close(): void;
}

const BAR_WIDTH = 30;
/** Step between two lines without a terminal, in percent. */
const PLAIN_STEP = 10;

/** Draws one line with a bar, for a terminal. */
export function drawBar(progress: BatchProgress): string {
  const { total, done } = progress;
  if (total === undefined) return 'reading the documents';
  const filled = Math.floor((BAR_WIDTH * done) / total);
  return `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${toBatchLine(progress)}`;
}

/** Says the progress of a batch in one line. */
export function toBatchLine({ total, done, failed, inFlight }: BatchProgress): string {
  const parts = [
    `${done} of ${total} documents`,
    failed > 0 ? `${failed} failed` : undefined,
    inFlight > 0 ? `${inFlight} in flight` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** Says how a batch ended in one line. */
export function toEndLine({ total, processed, failed }: Pick<BatchResult, 'total' | 'processed' | 'failed'>): string {
  return `${processed} parsed, ${failed} failed, of ${total}`;
}

/** Shows a bar on a terminal, and elsewhere a line for each tenth that is done. */
export async function createBatchDisplay(stream: NodeJS.WriteStream): Promise<BatchDisplay> {
  const canRedraw = stream.isTTY && stream.columns > 0 && stream.rows > 0 && process.env['TERM'] !== 'dumb';
  if (!canRedraw) return createPlainBatchDisplay(stream);
  const { createLogUpdate } = await import('log-update');
  const live = createLogUpdate(stream);
  return {
    say: (line) => live.persist(toLabel(line)),
    update: (progress, failure) => {
      const line = failure === undefined ? '' : `\n${toLabel(describeFailure(failure))}`;
      live(`${drawBar(progress)}${line}`);
    },
    close: () => {
      live.clear();
      live.done();
    },
  };
}

/** Shows a line for each tenth that is done, and one for each attempt that failed. */
export function createPlainBatchDisplay(stream: { write(text: string): unknown }): BatchDisplay {
  let last = -1;
  let shown: CurrentFailure | undefined;
  return {
    say: (line) => void stream.write(`${toLabel(line)}\n`),
    update: (progress, failure) => {
      if (failure !== undefined && isNews(failure, shown)) {
        stream.write(`${toLabel(describeFailure(failure))}\n`);
        shown = failure;
      }
      const { total, done } = progress;
      if (total === undefined) return;
      const step = Math.floor((100 * done) / total / PLAIN_STEP);
      if (step > last) stream.write(`${toBatchLine(progress)}\n`);
      last = Math.max(step, last);
    },
    close: () => undefined,
  };
}

/** The documents in flight wait after similar failures, so a line for the next one follows when its time is over. */
function isNews(failure: CurrentFailure, shown: CurrentFailure | undefined): boolean {
  return failure.message !== shown?.message || Date.now() > (shown.nextAttemptAtMs ?? Number.POSITIVE_INFINITY);
}

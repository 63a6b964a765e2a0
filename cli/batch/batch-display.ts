import type { BatchProgress } from '../../contract';
import { toLabel } from '../to-label';

/** Shows where a batch stands while the command waits. */
export interface BatchDisplay {
  /** A line that stays. */
  say(line: string): void;
  update(progress: BatchProgress): void;
  /** Takes the bar away. */
  close(): void;
}

const BAR_WIDTH = 30;
/** Where there is no terminal, a line for each so many hundredths. */
const PLAIN_STEP = 10;

/** One line with a bar, for a terminal. */
export function drawBar(progress: BatchProgress): string {
  const { total, done } = progress;
  if (total === undefined) return 'reading the documents';
  const filled = Math.floor((BAR_WIDTH * done) / total);
  return `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${describeBatch(progress)}`;
}

/** Where the batch stands, in words. */
export function describeBatch({ total, done, failed, inFlight }: BatchProgress): string {
  const parts = [
    `${done} of ${total} documents`,
    failed > 0 ? `${failed} failed` : undefined,
    inFlight > 0 ? `${inFlight} in progress` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** A bar on a terminal; elsewhere a line for each tenth that is done. */
export async function createBatchDisplay(stream: NodeJS.WriteStream): Promise<BatchDisplay> {
  const canRedraw = stream.isTTY && stream.columns > 0 && stream.rows > 0 && process.env['TERM'] !== 'dumb';
  if (!canRedraw) return createPlainBatchDisplay(stream);
  const { createLogUpdate } = await import('log-update');
  const live = createLogUpdate(stream);
  return {
    say: (line) => live.persist(toLabel(line)),
    update: (progress) => live(drawBar(progress)),
    close: () => {
      live.clear();
      live.done();
    },
  };
}

/** A line for each tenth that is done. */
export function createPlainBatchDisplay(stream: { write(text: string): unknown }): BatchDisplay {
  let last = -1;
  return {
    say: (line) => void stream.write(`${toLabel(line)}\n`),
    update: (progress) => {
      const { total, done } = progress;
      if (total === undefined) return;
      const step = Math.floor((100 * done) / total / PLAIN_STEP);
      if (step > last) stream.write(`${describeBatch(progress)}\n`);
      last = Math.max(step, last);
    },
    close: () => undefined,
  };
}

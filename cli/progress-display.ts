import { describeLive, describePhase, type LiveProgress } from './describe-progress';
import type { Document } from './documents';
import { toLabel } from './to-label';

/** Documents that a terminal shows at once; the display counts the others. */
const MAX_LIVE_LINES = 12;

/** A display of the documents' progress while the command waits. */
export interface ProgressDisplay {
  /** Prints a line that stays. */
  say(line: string): void;
  /** Shows the current progress of a document. */
  update(document: Document, live: LiveProgress): void;
  /** Replaces the live line of a document that has ended by a line that stays. */
  finish(document: Document, line: string): void;
  /** Removes the live lines. */
  close(): void;
}

/**
 * Creates a display with live lines if the stream is a terminal, else one that prints a line when a document's phase changes.
 *
 * The library for the terminal is an ES module, and is loaded only for a terminal.
 */
export async function createProgressDisplay(stream: NodeJS.WriteStream): Promise<ProgressDisplay> {
  // Some terminals report no size, and some cannot move the cursor.
  const canRedraw = stream.isTTY && stream.columns > 0 && stream.rows > 0 && process.env['TERM'] !== 'dumb';
  return canRedraw ? createLiveDisplay(stream) : createPlainDisplay(stream);
}

/** Creates a display that prints a line when a document's phase changes. */
export function createPlainDisplay(stream: { write(text: string): unknown }): ProgressDisplay {
  const last = new Map<Document, string>();
  const say = (line: string) => void stream.write(`${toLabel(line)}\n`);
  return {
    say,
    update: (document, { progress, failure }) => {
      const phase = describePhase(progress, failure);
      if (last.get(document) === phase) return;
      last.set(document, phase);
      say(`${document.label}: ${phase}`);
    },
    finish: (document, line) => {
      last.delete(document);
      say(line);
    },
    close: () => undefined,
  };
}

async function createLiveDisplay(stream: NodeJS.WriteStream): Promise<ProgressDisplay> {
  const { createLogUpdate } = await import('log-update');
  const live = createLogUpdate(stream);
  const current = new Map<Document, LiveProgress>();
  const draw = () => {
    const lines = [...current].slice(0, MAX_LIVE_LINES).map(([document, progress]) => {
      return toLabel(`${document.label}: ${describeLive({ ...progress, nowMs: Date.now() })}`);
    });
    if (current.size > MAX_LIVE_LINES) lines.push(`and ${current.size - MAX_LIVE_LINES} more`);
    if (lines.length === 0) live.clear();
    else live(lines.join('\n'));
  };
  return {
    say: (line) => live.persist(toLabel(line)),
    update: (document, progress) => {
      current.set(document, progress);
      draw();
    },
    finish: (document, line) => {
      current.delete(document);
      live.persist(toLabel(line));
      draw();
    },
    close: () => {
      live.clear();
      live.done();
    },
  };
}

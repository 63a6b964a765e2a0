import type { ParseProgress } from '../contract';
import { describeLive, describePhase } from './describe-progress';
import type { Document } from './documents';
import { toLabel } from './to-label';

/** Documents shown at once on a terminal; the others are counted. */
const MAX_LIVE_LINES = 12;

/** Shows where documents stand while the command waits. */
export interface ProgressDisplay {
  /** A line that stays. */
  say(line: string): void;
  /** Where a document stands now. */
  update(document: Document, progress: ParseProgress): void;
  /** The document ended: its last line stays. */
  finish(document: Document, line: string): void;
  /** Takes the live lines away. */
  close(): void;
}

/**
 * Live lines on a terminal; elsewhere a line whenever a document's phase changes.
 *
 * The library for the terminal is an ES module and is loaded only where there is one.
 */
export async function createProgressDisplay(stream: NodeJS.WriteStream): Promise<ProgressDisplay> {
  // Some terminals tell no size, and some cannot move the cursor.
  const canRedraw = stream.isTTY && stream.columns > 0 && stream.rows > 0 && process.env['TERM'] !== 'dumb';
  return canRedraw ? createLiveDisplay(stream) : createPlainDisplay(stream);
}

/** A line whenever a document's phase changes. */
export function createPlainDisplay(stream: { write(text: string): unknown }): ProgressDisplay {
  const last = new Map<Document, string>();
  const say = (line: string) => void stream.write(`${toLabel(line)}\n`);
  return {
    say,
    update: (document, progress) => {
      const phase = describePhase(progress);
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
  const current = new Map<Document, ParseProgress>();
  const draw = () => {
    const lines = [...current].slice(0, MAX_LIVE_LINES).map(([document, progress]) => {
      return toLabel(`${document.label}: ${describeLive({ progress, nowMs: Date.now() })}`);
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

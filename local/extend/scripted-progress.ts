import { defined } from '../../json';
import type { NamedScript } from './find-script';
import type { RunProgress, RunSnapshot } from './run-progress';
import type { ScriptedDocument } from './scripted-document';
import { scriptedOutput } from './scripted-output';

/** Words for a run that has ended and never changes again. */
const TERMINAL = new Set(['PROCESSED', 'FAILED', 'CANCELLED']);

/** Progress of a run that is played from a script. */
export class ScriptedProgress implements RunProgress {
  readonly #script: NamedScript;
  #processingLeft: number;
  #withoutOutputLeft: number;
  #backToProcessingLeft: number;
  #last: RunSnapshot;

  constructor(script: NamedScript) {
    const { document } = script;
    this.#script = script;
    const endsAtOnce = document.submitStatus !== undefined && TERMINAL.has(document.submitStatus);
    this.#processingLeft = endsAtOnce ? 0 : (document.processingReads ?? 1);
    this.#withoutOutputLeft = document.resultsWithoutOutput ?? 0;
    this.#backToProcessingLeft = document.resultsBackToProcessing ?? 0;
    this.#last = statusOnly(document, document.submitStatus ?? 'PROCESSING');
  }

  submitted(): RunSnapshot {
    return this.#last;
  }

  current(): RunSnapshot {
    return this.#last;
  }

  next(kind: 'read' | 'result'): RunSnapshot {
    this.#last = this.#advance(kind);
    return this.#last;
  }

  async ended(): Promise<RunSnapshot> {
    if (this.#processingLeft === Number.POSITIVE_INFINITY) return new Promise(() => undefined);
    this.#processingLeft = 0;
    this.#last = this.#end();
    return this.#last;
  }

  #advance(kind: 'read' | 'result'): RunSnapshot {
    const { document } = this.#script;
    if (this.#processingLeft > 0) {
      this.#processingLeft -= 1;
      return statusOnly(document, document.processingStatus ?? 'PROCESSING');
    }
    const end = this.#end();
    if (end.status !== 'PROCESSED') return end;
    if (this.#backToProcessingLeft > 0 && kind === 'result') {
      this.#backToProcessingLeft -= 1;
      return statusOnly(document, 'PROCESSING');
    }
    if (this.#withoutOutputLeft > 0) {
      if (kind === 'result') this.#withoutOutputLeft -= 1;
      return statusOnly(document, 'PROCESSED');
    }
    return end;
  }

  #end(): RunSnapshot {
    const { document } = this.#script;
    const overrides = defined({ overrides: document.run });
    const status = endStatus(document);
    if (status === 'PROCESSED') return { status, as: 'parser_run', output: scriptedOutput(this.#script), ...overrides };
    return { ...statusOnly(document, status), as: document.failedAs ?? 'parser_run_status', ...overrides };
  }
}

function endStatus({ submitStatus, status = 'PROCESSED' }: ScriptedDocument): string {
  return submitStatus !== undefined && TERMINAL.has(submitStatus) ? submitStatus : status;
}

function statusOnly(document: ScriptedDocument, status: string): RunSnapshot {
  const as = 'parser_run_status';
  const ended = status === 'FAILED' || status === 'CANCELLED' || status === document.status;
  if (!ended || status === 'PROCESSED') return { status, as };
  const { failureReason = status === 'FAILED' ? 'INTERNAL_ERROR' : undefined } = document;
  return defined({ status, as, failureReason });
}

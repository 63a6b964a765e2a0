import { defined } from '../../json';
import type { NamedScript } from './find-script';
import type { RunProgress, RunSnapshot } from './run-progress';
import type { ScriptedDocument } from './scripted-document';
import { scriptedOutput } from './scripted-output';

/** Words for a run that has ended and never changes again. */
const TERMINAL = new Set(['PROCESSED', 'FAILED', 'CANCELLED']);

const CANCELLED: RunSnapshot = { status: 'CANCELLED', as: 'parser_run_status' };

/** Settings of {@link ScriptedProgress}. */
export interface ScriptedRunOptions {
  /** Status in the answer to the submit, unless the script has one. @default 'PROCESSING' */
  readonly openingStatus?: string;
  /** Password that the submit gave. @default none */
  readonly password?: string | undefined;
}

/** Progress of a run that is played from a script. */
export class ScriptedProgress implements RunProgress {
  readonly #script: NamedScript;
  #processingLeft: number;
  #withoutOutputLeft: number;
  #backToProcessingLeft: number;
  #last: RunSnapshot;
  #isCancelled = false;
  #listeners: ((snapshot: RunSnapshot) => void)[] = [];

  constructor(script: NamedScript, { openingStatus = 'PROCESSING', password }: ScriptedRunOptions = {}) {
    this.#script = isOpenedBy(script, password) ? script : locked(script);
    const { document } = this.#script;
    const endsAtOnce = document.submitStatus !== undefined && TERMINAL.has(document.submitStatus);
    this.#processingLeft = endsAtOnce ? 0 : (document.processingReads ?? 1);
    this.#withoutOutputLeft = document.resultsWithoutOutput ?? 0;
    this.#backToProcessingLeft = document.resultsBackToProcessing ?? 0;
    this.#last = statusOnly(document, document.submitStatus ?? openingStatus);
  }

  submitted(): RunSnapshot {
    return this.#last;
  }

  current(): RunSnapshot {
    return this.#last;
  }

  next(kind: 'read' | 'result'): RunSnapshot {
    return this.#moveTo(this.#advance(kind));
  }

  cancel(): boolean {
    if (TERMINAL.has(this.#last.status)) return false;
    this.#isCancelled = true;
    this.#moveTo(CANCELLED);
    return true;
  }

  async ended(): Promise<RunSnapshot> {
    if (this.#isCancelled) return CANCELLED;
    if (this.#processingLeft === Number.POSITIVE_INFINITY) return new Promise(() => undefined);
    this.#processingLeft = 0;
    return this.#moveTo(this.#end());
  }

  onEnd(listener: (snapshot: RunSnapshot) => void): void {
    if (TERMINAL.has(this.#last.status)) listener(this.#last);
    else this.#listeners.push(listener);
  }

  finish(): void {
    if (TERMINAL.has(this.#last.status) || this.#processingLeft === Number.POSITIVE_INFINITY) return;
    this.#processingLeft = 0;
    this.#moveTo(this.#end());
  }

  /** Sets the state. The first state that ends the run is told to the listeners. */
  #moveTo(snapshot: RunSnapshot): RunSnapshot {
    this.#last = snapshot;
    if (!TERMINAL.has(snapshot.status)) return snapshot;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(snapshot);
    return snapshot;
  }

  #advance(kind: 'read' | 'result'): RunSnapshot {
    const { document } = this.#script;
    if (this.#isCancelled) return CANCELLED;
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

function isOpenedBy({ document }: NamedScript, password: string | undefined): boolean {
  return document.password === undefined || document.password === password;
}

function locked(script: NamedScript): NamedScript {
  const { submitStatus: _, failureMessage: __, ...document } = script.document;
  return { ...script, document: { ...document, status: 'FAILED', failureReason: 'PASSWORD_PROTECTED_FILE' } };
}

function endStatus({ submitStatus, status = 'PROCESSED' }: ScriptedDocument): string {
  return submitStatus !== undefined && TERMINAL.has(submitStatus) ? submitStatus : status;
}

function statusOnly(document: ScriptedDocument, status: string): RunSnapshot {
  const as = 'parser_run_status';
  const ended = status === 'FAILED' || status === 'CANCELLED' || status === document.status;
  if (!ended || status === 'PROCESSED') return { status, as };
  const { failureReason = status === 'FAILED' ? 'INTERNAL_ERROR' : undefined, failureMessage } = document;
  return defined({ status, as, failureReason, failureMessage });
}

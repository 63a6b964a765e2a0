import type { RunProgress, RunSnapshot } from './run-progress';
import type { ScriptCall, ScriptedDocument } from './scripted-document';
import { scriptedOutput } from './scripted-output';

/** Words after which the API says nothing new. */
const TERMINAL = new Set(['PROCESSED', 'FAILED', 'CANCELLED']);

/** A run that is played from a script. */
export class ScriptedProgress implements RunProgress {
  readonly #call: ScriptCall;
  #processingLeft: number;
  #withoutOutputLeft: number;
  #backToProcessingLeft: number;
  #last: RunSnapshot;

  constructor(call: ScriptCall) {
    const { script } = call;
    this.#call = call;
    const endsAtOnce = script.submitStatus !== undefined && TERMINAL.has(script.submitStatus);
    this.#processingLeft = endsAtOnce ? 0 : (script.processingReads ?? 1);
    this.#withoutOutputLeft = script.resultsWithoutOutput ?? 0;
    this.#backToProcessingLeft = script.resultsBackToProcessing ?? 0;
    this.#last = statusOnly(script, script.submitStatus ?? 'PROCESSING');
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
    const { script } = this.#call;
    if (this.#processingLeft > 0) {
      this.#processingLeft -= 1;
      return statusOnly(script, script.processingStatus ?? 'PROCESSING');
    }
    const end = this.#end();
    if (end.status !== 'PROCESSED') return end;
    if (this.#backToProcessingLeft > 0 && kind === 'result') {
      this.#backToProcessingLeft -= 1;
      return statusOnly(script, 'PROCESSING');
    }
    if (this.#withoutOutputLeft > 0) {
      if (kind === 'result') this.#withoutOutputLeft -= 1;
      return statusOnly(script, 'PROCESSED');
    }
    return end;
  }

  #end(): RunSnapshot {
    const { script } = this.#call;
    const overrides = script.run === undefined ? {} : { overrides: script.run };
    const status = endStatus(script);
    if (status === 'PROCESSED') return { status, as: 'parser_run', output: scriptedOutput(this.#call), ...overrides };
    return { ...statusOnly(script, status), as: script.failedAs ?? 'parser_run_status', ...overrides };
  }
}

function endStatus(script: ScriptedDocument): string {
  const { submitStatus } = script;
  return submitStatus !== undefined && TERMINAL.has(submitStatus) ? submitStatus : (script.status ?? 'PROCESSED');
}

function statusOnly(script: ScriptedDocument, status: string): RunSnapshot {
  const as = 'parser_run_status';
  const ended = status === 'FAILED' || status === 'CANCELLED' || status === script.status;
  if (!ended || status === 'PROCESSED') return { status, as };
  const reason = script.failureReason ?? (status === 'FAILED' ? 'INTERNAL_ERROR' : undefined);
  if (script.failureReason === null) return { status, as, failureReason: null };
  return reason === undefined ? { status, as } : { status, as, failureReason: reason };
}

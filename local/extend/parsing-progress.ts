import type { ParseConfig } from '../../contract/extend/parse-api';
import { defined, errorMessage } from '../../json';
import { downloadFile } from './download-file';
import type { EmulatorState } from './emulator-state';
import type { StoredFile } from './emulator-files';
import { identifyFile } from './identify-file';
import type { FailureReason } from './parser-task';
import type { RunProgress, RunSnapshot } from './run-progress';

/** The parts of a parsed run: a stored file, or a URL to download first. */
export interface ParsingProgressInput {
  /** The emulator that the run belongs to. */
  readonly state: EmulatorState;
  /** Owner of the run, and of a file that it downloads. */
  readonly owner: string;
  /** The run's effective configuration. */
  readonly config: ParseConfig;
  /** File to parse; if it is absent, there is a `download`. */
  readonly stored?: StoredFile;
  /** URL to download, and the id that the downloaded file will have. */
  readonly download?: { readonly url: string; readonly fileId: string };
  /** Status until the first answer after the submit. @default 'PROCESSING' */
  readonly openingStatus?: string;
  /** Name that the caller gave. @default the file's own name */
  readonly fileName?: string;
}

/** Progress of a run that is really parsed: PROCESSING until the parser is done. */
export class ParsingProgress implements RunProgress {
  readonly #ended: Promise<RunSnapshot>;
  #snapshot: RunSnapshot;

  constructor(input: ParsingProgressInput) {
    this.#snapshot = { status: input.openingStatus ?? 'PROCESSING', as: 'parser_run_status' };
    this.#ended = processDocument(input)
      .catch((error: unknown) => failed(`INTERNAL_ERROR: ${errorMessage(error)}`))
      .then((snapshot) => (this.#snapshot = this.#hasEnded ? this.#snapshot : snapshot));
  }

  submitted(): RunSnapshot {
    return this.#snapshot;
  }

  cancel(): boolean {
    if (this.#hasEnded) return false;
    this.#snapshot = { status: 'CANCELLED', as: 'parser_run_status' };
    return true;
  }

  next(): RunSnapshot {
    const { status } = this.#snapshot;
    if (status === 'PENDING') this.#snapshot = { status: 'PROCESSING', as: 'parser_run_status' };
    return this.#snapshot;
  }

  current(): RunSnapshot {
    return this.#snapshot;
  }

  ended(): Promise<RunSnapshot> {
    return this.#ended;
  }

  onEnd(listener: (snapshot: RunSnapshot) => void): void {
    void this.#ended.then(listener);
  }

  finish(): void {
    // The parser ends the run.
  }

  get #hasEnded(): boolean {
    return this.#snapshot.status !== 'PENDING' && this.#snapshot.status !== 'PROCESSING';
  }
}

async function processDocument(input: ParsingProgressInput): Promise<RunSnapshot> {
  const startedAtMs = performance.now();
  const { state, config } = input;
  const file = await fileOf(input);
  if ('failureReason' in file) return failed(file.failureReason);
  const identity = identifyFile(file.bytes, input.fileName ?? file.name);
  if (identity.kind !== 'parseable') return failed(identity.reason);
  const outcome = await state.parser.parse({ bytes: file.bytes, format: identity.format, config });
  if ('failureReason' in outcome) return failed(outcome.failureReason);
  const processingTimeMs = Math.round(performance.now() - startedAtMs);
  const { chunks, pageCount, ocr } = outcome;
  state.files.noteParsed(file.id, { chunks, pageCount });
  const output = { chunks: () => chunks, pageCount, processingTimeMs, ...defined({ ocr }) };
  return { status: 'PROCESSED', as: 'parser_run', output };
}

type FoundFile = StoredFile | { readonly failureReason: FailureReason };

async function fileOf({ state, owner, stored, download, fileName }: ParsingProgressInput): Promise<FoundFile> {
  if (stored !== undefined) return stored;
  if (download === undefined) return { failureReason: 'INTERNAL_ERROR' };
  const { maxInputBytes, downloadTimeoutMs, closing } = state;
  const loaded = await downloadFile({ url: download.url, maxInputBytes, downloadTimeoutMs, closing });
  if ('failureReason' in loaded) return loaded;
  const name = fileName ?? loaded.name;
  const identity = identifyFile(loaded.bytes, name);
  const type = identity.kind === 'unreadable' ? undefined : identity.apiType;
  return state.files.add({
    id: download.fileId,
    owner,
    name,
    ...defined({ type }),
    bytes: loaded.bytes,
    uploaded: false,
  });
}

function failed(failureReason: FailureReason): RunSnapshot {
  return { status: 'FAILED', as: 'parser_run_status', failureReason };
}

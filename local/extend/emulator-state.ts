import type { DocumentParser } from './document-parser';
import type { EmulatorFiles } from './emulator-files';
import type { EmulatorRequest } from './ledger';
import type { PresignedUrls } from './presigned';
import type { ReportReply } from './reply';
import type { RunStore } from './run-store';
import type { ScriptedDocument } from './scripted-document';

/** What the routes of one emulator share. */
export interface EmulatorState {
  readonly files: EmulatorFiles;
  readonly runs: RunStore;
  readonly presigned: PresignedUrls;
  readonly parser: DocumentParser;
  readonly scripts: Readonly<Record<string, ScriptedDocument>>;
  /** Largest document, in bytes. */
  readonly maxInputBytes: number;
  /** Longest download of a `fileUrl`, in milliseconds. */
  readonly downloadTimeoutMs: number;
  /** Ends everything that still runs in the background. */
  readonly closing: AbortSignal;
  /** The emulator's own address. */
  baseUrl: string;
}

/** One request on its way through a route. */
export interface Exchange {
  readonly request: EmulatorRequest;
  readonly body: Buffer;
  readonly state: EmulatorState;
  /** A run state to tell instead of the true one; keeps a scripted run where it is. */
  readonly report?: ReportReply;
}

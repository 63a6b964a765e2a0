import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defined } from '../../json';
import { beginRun } from './begin-run';
import { createDocumentParser } from './document-parser';
import type { EmulatorState } from './emulator-state';
import { FileStore } from './file-store';
import { findScript } from './find-script';
import { handleRequest, type FaultChooser } from './handle-request';
import { KeptObjects } from './kept-objects';
import { Ledger, type EmulatorFile, type EmulatorRequest, type EmulatorRun } from './ledger';
import { PresignedUrls } from './presigned';
import { RunStore } from './run-store';
import type { ScriptedDocument } from './scripted-document';

const DEFAULT_PARSE_TIMEOUT_MS = 120_000;
const DEFAULT_DOWNLOAD_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_INPUT_BYTES = 100_000_000;
const DEFAULT_MAX_PARSER_MEMORY_MB = 1024;

/** Settings of {@link startEmulator}. */
export interface EmulatorOptions {
  /** Port on 127.0.0.1; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Scripted documents besides the built-in ones, by name; one of the same name replaces a built-in. @default {} */
  readonly scripts?: Readonly<Record<string, ScriptedDocument>>;
  /**
   * Asked for every request before anything else; what it returns is the answer, also for real documents. It may be
   * asynchronous, and so hold a request. A fault uses up no entry of a script's list.
   */
  readonly faults?: FaultChooser;
  /** Longest parsing of one document, in milliseconds; then its run fails. @default 120_000 */
  readonly parseTimeoutMs?: number;
  /** Longest download of a `fileUrl`, in milliseconds. @default 60_000 */
  readonly downloadTimeoutMs?: number;
  /** Largest document, in bytes. @default 100_000_000 */
  readonly maxInputBytes?: number;
  /** Heap of one parser process, in megabytes. @default 1024 */
  readonly maxParserMemoryMb?: number;
  /**
   * Directory in which runs and files, the documents' bytes included, outlive this emulator; it is created for the own user
   * alone. The next emulator with the same directory knows them: a run that is asked for begins again from the start, under
   * its id. The requests so far and the used answers of scripts are not kept. @default none: all is in memory
   */
  readonly directory?: string;
}

/** A running emulator. */
export interface Emulator {
  /** Its address, to be used as the API's base URL. */
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly EmulatorRequest[];
  /** Every run that was created, in order: what the API would bill. A new list at each look. */
  readonly runs: readonly EmulatorRun[];
  /** Every file that was stored, in order. A new list at each look. */
  readonly files: readonly EmulatorFile[];
  /** The first request, past or future, for which `matches` holds; asked on arrival and again when it has ended. */
  waitFor(matches: (request: EmulatorRequest) => boolean): Promise<EmulatorRequest>;
  /** Closes all connections and ends the parser processes. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local server that speaks Extend's API, version 2025-04-21, on loopback only. It accepts any key, truly
 * parses documents, though not with Extend's quality, and plays scripted ones. Requests must name a loopback host, and
 * must not come from a web page of another origin: both are answered 403.
 *
 * @throws RangeError for a limit that is not a positive number.
 * @throws Error with code `EADDRINUSE` when the port is taken.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, faults } = options;
  const closing = new AbortController();
  const state = createState(options, closing.signal);
  const ledger = new Ledger();
  // A request without Host is refused by `handleRequest`, with a sentence that says why.
  const server = createServer({ requireHostHeader: false }, (message, response) => {
    void handleRequest(message, response, { state, ledger, ...defined({ faults }) });
  });
  // Tests hold requests for long, and a kept connection must not vanish under a client.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  state.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(server, state, closing));
  return {
    url: state.baseUrl,
    get requests() {
      return ledger.requests;
    },
    get runs() {
      return state.runs.list();
    },
    get files() {
      return state.files.list();
    },
    waitFor: (matches) => ledger.waitFor(matches),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createState(options: EmulatorOptions, closing: AbortSignal): EmulatorState {
  const {
    scripts = {},
    parseTimeoutMs = DEFAULT_PARSE_TIMEOUT_MS,
    downloadTimeoutMs = DEFAULT_DOWNLOAD_TIMEOUT_MS,
    maxInputBytes = DEFAULT_MAX_INPUT_BYTES,
    maxParserMemoryMb = DEFAULT_MAX_PARSER_MEMORY_MB,
    directory,
  } = options;
  const limits = { parseTimeoutMs, downloadTimeoutMs, maxInputBytes, maxParserMemoryMb };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${name} must be a positive number, got ${value}`);
  }
  const kept = directory === undefined ? undefined : new KeptObjects(directory);
  const state: EmulatorState = {
    files: new FileStore(kept),
    runs: new RunStore({
      begin: (order, script) => beginRun(order, script, state),
      findScript: (fileUrl) => findScript(fileUrl, scripts),
      ...defined({ kept }),
    }),
    presigned: new PresignedUrls(randomBytes(32).toString('hex')),
    parser: createDocumentParser({ parseTimeoutMs, maxParserMemoryMb }),
    scripts,
    maxInputBytes,
    downloadTimeoutMs,
    closing,
    baseUrl: '',
  };
  return state;
}

async function closeAll(server: Server, state: EmulatorState, closing: AbortController): Promise<void> {
  closing.abort();
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await Promise.all([ended, state.parser.close()]);
}

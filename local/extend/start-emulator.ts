import { randomBytes } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defined } from '../../json';
import { beginRun } from './begin-run';
import { createDocumentParser } from './document-parser';
import type { EmulatorState } from './emulator-state';
import { EmulatorFiles } from './emulator-files';
import { findScript } from './find-script';
import { handleRequest, type FaultChooser } from './handle-request';
import { KeptObjects } from './kept-objects';
import { Ledger, type EmulatorFile, type EmulatorRequest, type EmulatorRun } from './ledger';
import { PresignedUrls } from './presigned-urls';
import { RateLimits, type RateLimitOptions } from './rate-limits';
import type { OrderRules } from './read-order';
import type { RunListOptions } from './run-list-options';
import { RunStore } from './run-store';
import type { ScriptedDocument } from './scripted-document';
import type { EmulatorEndpoint } from './webhooks/endpoint-store';
import type { WebhookOptions } from './webhooks/webhook-options';
import { Webhooks, type EmulatorDelivery } from './webhooks/webhooks';

const DEFAULT_PARSE_TIMEOUT_MS = 120_000;
const DEFAULT_DOWNLOAD_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_INPUT_BYTES = 100_000_000;
const DEFAULT_MAX_PARSER_MEMORY_MB = 1024;

/** Settings of {@link startEmulator}. */
export interface EmulatorOptions {
  /** Port on 127.0.0.1; 0 chooses a free port. @default 0 */
  readonly port?: number;
  /**
   * Scripted documents besides the built-in ones, by name. One with the name of a built-in document replaces it.
   * @default {}
   */
  readonly scripts?: Readonly<Record<string, ScriptedDocument>>;
  /**
   * Chooses the reply to a request, or none. It is called for every request, also for real documents, before any
   * script. If it returns a promise, the request is held until the promise is resolved. A fault uses up no entry of a
   * script's list. @default no faults
   */
  readonly faults?: FaultChooser;
  /** Time limit of parsing one document, in milliseconds. Beyond it, the run fails. @default 120_000 */
  readonly parseTimeoutMs?: number;
  /** Time limit of the download of a `fileUrl`, in milliseconds. @default 60_000 */
  readonly downloadTimeoutMs?: number;
  /** Largest document, in bytes. @default 100_000_000 */
  readonly maxInputBytes?: number;
  /** Heap limit of one parser process, in megabytes. @default 1024 */
  readonly maxParserMemoryMb?: number;
  /**
   * API keys that the emulator accepts. Any other key is answered with 401, and no key sees the runs and files of another
   * one. @default none: the emulator accepts any key, and all keys see the same runs and files
   */
  readonly apiKeys?: readonly string[];
  /** Rate limits. A request above a limit is answered with 429 and `Retry-After`. @default no limits */
  readonly rateLimits?: RateLimitOptions;
  /** Settings of the list of runs. Version 2026-02-09 only. @default those of {@link RunListOptions} */
  readonly runList?: RunListOptions;
  /**
   * Reaction to a submit with `dataRetention: { mode: 'zero' }`. Extend does not document when it deletes such a run.
   * `kept` deletes nothing, `deletedAfterResult` deletes the run once an answer had its output or the URL of its output,
   * and `refused` answers the submit with 400. Version 2026-02-09 only. @default 'kept'
   */
  readonly zeroRetention?: OrderRules['zeroRetention'];
  /**
   * Webhooks: endpoints, and deviations from the normal delivery. Endpoints are not kept in `directory`.
   * @default no endpoint, until one is created by the API
   */
  readonly webhooks?: WebhookOptions;
  /**
   * Directory in which runs and files, with the documents' bytes, outlive this emulator. It is created if it does not
   * exist, and only the user of the process may read it. The next emulator with the same directory has the same runs
   * and files. A run that is asked for there begins again from the start, under its id. The requests so far and the
   * used entries of scripts are not kept. @default none: everything is in memory
   */
  readonly directory?: string;
}

/** A running emulator. */
export interface Emulator {
  /** Address of the emulator, for use as the API's base URL. */
  readonly url: string;
  /** Every request so far, in order of arrival. The list grows as requests arrive. */
  readonly requests: readonly EmulatorRequest[];
  /** Every run that was created, in order: the API would bill these. Each access returns a new list. */
  readonly runs: readonly EmulatorRun[];
  /** Every file that was stored, in order. Each access returns a new list. */
  readonly files: readonly EmulatorFile[];
  /** Every endpoint of webhooks, with its signing secret. */
  readonly webhookEndpoints: readonly EmulatorEndpoint[];
  /** Every attempt to deliver an event so far, in order. The list grows. */
  readonly webhookDeliveries: readonly EmulatorDelivery[];
  /**
   * Resolves with the first request, past or future, that matches. A request is checked at its arrival and at its end.
   */
  waitFor(matches: (request: EmulatorRequest) => boolean): Promise<EmulatorRequest>;
  /** Closes all connections and ends the parser processes. It may be called more than once. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local server that speaks Extend's API, versions 2025-04-21 and 2026-02-09, on the loopback interface only.
 * The header of each request chooses the version. Both versions have the same runs and files. Runs and files belong to the
 * workspace that `x-extend-workspace-id` names. It parses real documents, though not with Extend's quality, and plays scripted ones. A request that names
 * another host than loopback, or that comes from a web page of another origin, is answered with 403.
 *
 * @throws RangeError for a limit that is not a positive number, and for an empty API key.
 * @throws Error with code `EADDRINUSE` if the port is taken.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, faults } = options;
  const closing = new AbortController();
  // Each delivery, download and waiting run listens to it.
  setMaxListeners(0, closing.signal);
  const state = createState(options, closing.signal);
  const ledger = new Ledger();
  // Node need not check the Host header: `handleRequest` refuses a request without it, with a message that says why.
  const server = createServer({ requireHostHeader: false }, (message, response) => {
    void handleRequest(message, response, defined({ state, ledger, faults }));
  });
  // Tests hold requests for a long time, and an idle connection must not be closed while a client uses it.
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
    get webhookEndpoints() {
      return state.webhooks.endpoints.list();
    },
    get webhookDeliveries() {
      return state.webhooks.deliveries;
    },
    waitFor: (matches) => ledger.waitFor(matches),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createState(options: EmulatorOptions, closing: AbortSignal): EmulatorState {
  const { scripts = {}, directory, apiKeys = [], rateLimits = {}, runList = {}, zeroRetention = 'kept' } = options;
  const { parseTimeoutMs, downloadTimeoutMs, maxInputBytes, maxParserMemoryMb } = limitsOf(options);
  if (apiKeys.some((key) => key.trim() === '')) throw new RangeError('apiKeys must not have an empty key');
  const kept = directory === undefined ? undefined : new KeptObjects(directory);
  const presigned = new PresignedUrls(randomBytes(32).toString('hex'));
  const webhooks = new Webhooks({ options: options.webhooks ?? {}, presigned, closing, baseUrl: () => state.baseUrl });
  const state: EmulatorState = {
    files: new EmulatorFiles(kept),
    runs: new RunStore({
      begin: (order, script) => beginRun(order, script, state),
      findScript: (fileUrl) => findScript(fileUrl, scripts),
      onCreated: (run) => webhooks.follow(run),
      onBatchCreated: (batch, runs) => webhooks.followBatch(batch, runs),
      ...defined({ kept }),
    }),
    presigned,
    webhooks,
    parser: createDocumentParser({ parseTimeoutMs, maxParserMemoryMb }),
    scripts,
    apiKeys,
    rateLimits: new RateLimits(rateLimits),
    reportedOptions: new Set(),
    runList,
    zeroRetention,
    maxInputBytes,
    downloadTimeoutMs,
    closing,
    baseUrl: '',
  };
  return state;
}

/** Returns the limits of an emulator, checked. @throws RangeError for one that is not a positive number. */
function limitsOf(options: EmulatorOptions) {
  const {
    parseTimeoutMs = DEFAULT_PARSE_TIMEOUT_MS,
    downloadTimeoutMs = DEFAULT_DOWNLOAD_TIMEOUT_MS,
    maxInputBytes = DEFAULT_MAX_INPUT_BYTES,
    maxParserMemoryMb = DEFAULT_MAX_PARSER_MEMORY_MB,
  } = options;
  const limits = { parseTimeoutMs, downloadTimeoutMs, maxInputBytes, maxParserMemoryMb };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${name} must be a positive number, got ${value}`);
  }
  return limits;
}

async function closeAll(server: Server, state: EmulatorState, closing: AbortController): Promise<void> {
  closing.abort();
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await Promise.all([ended, state.parser.close()]);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { DocumentInput, ParseResult } from '../../contract';
import type { Chunk } from '../../contract/extend';
import { isParseError, ParseClient, type ParseError } from '../../client';
import {
  hangReply,
  resetReply,
  startEmulator,
  type Emulator,
  type EmulatorRequest,
  type Reply,
} from '../../local/extend';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess } from '../support/worker-process';
import { testedVersion } from '../workflows/scene';

/**
 * A crash at every step. One worker process gets a document per step, mode and point. The emulator holds each document's
 * request at its point. When all documents are at their points, the process is killed with SIGKILL, and another process
 * continues. The server notices the killed activities at their time limits, so the test takes a minute and a half.
 */

const API_VERSION = testedVersion();
const TASK_QUEUE = `crash-at-every-step-${API_VERSION}`;

/** The steps in which the process is killed, with the request of each. */
const STEPS = {
  submitParse: 'submit',
  'getStatus, timer engine': 'read',
  'getStatus, retry engine': 'read',
  fetchResult: 'result',
  // In version 2026-02-09 the content of a stored result has a URL of its own.
  storeResult: API_VERSION === '2026-02-09' ? 'content' : 'result',
  uploadFile: 'upload',
  deleteRun: 'deleteRun',
} as const;
/** `before`: the API has not acted. `after`: it has acted and has sent no answer. `answered`: it has just sent the answer. */
const POINTS = ['before', 'after', 'answered'] as const;
const MODES = ['resubmit', 'fail'] as const;

interface Case {
  readonly name: string;
  readonly step: keyof typeof STEPS;
  readonly point: (typeof POINTS)[number];
  readonly mode: (typeof MODES)[number];
}

const CASES: readonly Case[] = (Object.keys(STEPS) as Case['step'][]).flatMap((step) =>
  POINTS.flatMap((point) => MODES.map((mode) => ({ name: `${step}, ${point}, ${mode}`, step, point, mode }))),
);

/** The end of a document, and its submits and runs. */
interface Ending {
  readonly result?: ParseResult;
  readonly error?: ParseError;
  readonly posts: number;
  readonly runs: number;
}

/** Creates a gate: `opened` resolves once `open` is called. */
function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** The emulator of the test, which holds one request per case at its point. */
class HoldingEmulator {
  readonly #reached = new Set<string>();
  readonly #answered: Promise<EmulatorRequest>[] = [];
  readonly #uploads = CASES.filter(({ step }) => step === 'uploadFile');
  readonly #allReached = createGate();
  readonly #killed = createGate();
  #emulator: Emulator | undefined;

  async start(): Promise<Emulator> {
    this.#emulator = await startEmulator({ faults: (request) => this.#hold(request) });
    return this.#emulator;
  }

  /** Waits until each document is at its point, and until the held answers of `answered` are sent. */
  async untilReached(): Promise<void> {
    await this.#allReached.opened;
    await Promise.all(this.#answered);
  }

  kill(): void {
    this.#killed.open();
  }

  async #hold(request: EmulatorRequest): Promise<Reply | undefined> {
    const held = this.#caseOf(request);
    if (held === undefined || STEPS[held.step] !== request.operation || this.#reached.has(held.name)) return undefined;
    if (held.point === 'after') {
      void this.#settled(request, 'hung').then(() => this.#reach(held));
      return hangReply({ acted: true });
    }
    if (held.point === 'answered') this.#answered.push(this.#settled(request, 'answered'));
    this.#reach(held);
    if (held.point === 'answered') {
      await this.#allReached.opened;
      return undefined;
    }
    await this.#killed.opened;
    return resetReply();
  }

  #settled(request: EmulatorRequest, outcome: EmulatorRequest['outcome']): Promise<EmulatorRequest> {
    return (this.#emulator as Emulator).waitFor((one) => one === request && one.outcome === outcome);
  }

  #reach({ name }: Case): void {
    this.#reached.add(name);
    if (this.#reached.size === CASES.length) this.#allReached.open();
  }

  /** The case of a request. An upload does not show its document, so each upload gets the next case. */
  #caseOf({ operation, runId, ...request }: EmulatorRequest): Case | undefined {
    if (operation === 'upload') return this.#uploads.shift();
    const run = this.#emulator?.runs.find(({ id }) => id === runId);
    const fileUrl = run?.fileUrl ?? request.fileUrl;
    return CASES.find((one) => fileUrl !== undefined && fileUrl === urlOf(one));
  }
}

function urlOf({ name }: Case): string {
  return `http://emulator.invalid/ok?n=${encodeURIComponent(name)}`;
}

function inputOf(one: Case, directory: string): DocumentInput {
  const source = pathToFileURL(join(directory, 'letter.txt')).href;
  return {
    file: one.step === 'uploadFile' ? { source } : { fileUrl: urlOf(one) },
    polling: { engine: one.step === 'getStatus, retry engine' ? 'retry' : 'timer', initialDelayMs: 500 },
    onAmbiguousSubmit: one.mode,
    reconcileMs: 10_000,
    deleteRun: one.step === 'deleteRun' ? 'afterSuccess' : 'never',
    result: one.step === 'storeResult' ? 'stored' : 'inline',
  };
}

describe('a worker process that is killed in the middle of', () => {
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;
  let directory: string;
  let client: ParseClient;
  const endings = new Map<Case, Ending>();

  beforeAll(async () => {
    env = await createDevEnv();
    directory = await mkdtemp(join(tmpdir(), 'crash-'));
    await writeFile(join(directory, 'letter.txt'), 'Dear reader,\n\nthis is a letter.\n');
    const holding = new HoldingEmulator();
    emulator = await holding.start();
    const directories = { EXTEND_PARSE_SOURCE_DIR: directory, EXTEND_PARSE_RESULT_DIR: join(directory, 'results') };
    const variables = { ...directories, EXTEND_API_VERSION: API_VERSION };
    const start = () => startWorkerProcess({ taskQueue: TASK_QUEUE, baseUrl: emulator.url, env: variables });
    await using first = await start();
    client = new ParseClient({
      client: env.client,
      taskQueue: TASK_QUEUE,
      resultDirectory: join(directory, 'results'),
    });
    const handles = await Promise.all(CASES.map((one) => client.start(inputOf(one, directory))));
    await holding.untilReached();
    await first.end('SIGKILL');
    holding.kill();
    await using second = await start();
    const ends = await Promise.allSettled(handles.map((handle) => handle.result()));
    await second.end('SIGTERM');
    for (const [at, one] of CASES.entries()) endings.set(one, endingOf(one, ends[at], emulator));
  });
  afterAll(async () => {
    await emulator.close();
    await env.teardown();
    await rm(directory, { recursive: true });
  });

  const plain = CASES.filter(({ step }) => step !== 'submitParse');
  it.each(plain)('$name: the document ends with its result, after one submit and one run', async (one) => {
    const { result, error, posts, runs } = endings.get(one) as Ending;
    expect(error).toBeUndefined();
    const chunks: Chunk[] = [];
    for await (const chunk of client.readChunks(result as ParseResult)) chunks.push(chunk);
    expect(chunks).toMatchObject([{ content: expect.stringMatching(/\w/) }]);
    expect(result?.output.kind).toBe(one.step === 'storeResult' ? 'stored' : 'inline');
    expect({ submits: result?.submits, posts, runs }).toEqual({ submits: 1, posts: 1, runs: 1 });
    const run = emulator.runs.find(({ id }) => id === result?.runId);
    const facts = { status: 'PROCESSED', apiVersion: API_VERSION, deleted: one.step === 'deleteRun' };
    expect(run).toMatchObject(facts);
  });

  const submitting = (mode: Case['mode']) => CASES.filter((one) => one.step === 'submitParse' && one.mode === mode);
  /** Version 2026-02-09 finds the run of a lost answer. */
  const isFound = ({ point }: Case) => API_VERSION === '2026-02-09' && point !== 'before';
  it.each(submitting('resubmit'))('$name: it is found or submitted again, and every submit is reported', (one) => {
    const { result, posts, runs } = endings.get(one) as Ending;
    expect(result?.output).toMatchObject({ kind: 'inline', chunks: [{ content: expect.stringMatching(/\w/) }] });
    expect(result?.submits).toBe(posts);
    // The first submit created no run if it was cut off before the API acted.
    expect(runs).toBe(one.point === 'before' ? posts - 1 : posts);
    // The process may have reported the answer to the server before it was killed.
    if (isFound(one)) expect(posts).toBe(1);
    else if (one.point === 'answered') expect([1, 2]).toContain(posts);
    else expect(posts).toBe(2);
  });

  it.each(submitting('fail'))('$name: it is never submitted again', (one) => {
    const { result, error, posts, runs } = endings.get(one) as Ending;
    expect({ posts, runs }).toEqual({ posts: 1, runs: one.point === 'before' ? 0 : 1 });
    if (isFound(one)) expect(result).toMatchObject({ submits: 1 });
    if (one.point === 'answered' && result !== undefined) {
      expect(result.submits).toBe(1);
      return;
    }
    if (isFound(one)) return;
    expect(isParseError(error, 'SubmitOutcomeUnknown')).toBe(true);
    expect(error?.details).toMatchObject({ runMayExist: true, submits: 1 });
  });
});

function endingOf(one: Case, settled: PromiseSettledResult<ParseResult> | undefined, emulator: Emulator): Ending {
  const result = settled?.status === 'fulfilled' ? settled.value : undefined;
  const error = settled?.status === 'rejected' ? (settled.reason as ParseError) : undefined;
  const runs = emulator.runs.filter((run) => run.fileUrl === urlOf(one) || run.id === result?.runId);
  const isOurs = ({ fileUrl, fileId }: EmulatorRequest) =>
    fileUrl === urlOf(one) || (fileId !== undefined && fileId === result?.fileId);
  const posts = emulator.requests.filter((request) => request.operation === 'submit' && isOurs(request)).length;
  return { ...(result && { result }), ...(error && { error }), posts, runs: runs.length };
}

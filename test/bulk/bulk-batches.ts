import { ParseClient, type BatchHandle, type BatchInput, type ParseClientOptions } from '../../client';
import type { EmulatorRequest, EmulatorRun } from '../../testing';
import type { Scene } from '../workflows/scene';

/** Polls as often as the server's clock permits. */
export const QUICK = { polling: { initialDelayMs: 0, maxDelayMs: 10, jitter: 0 } } as const;

/** No poll for an hour: a group stays in flight until its workflow gets a signal. */
export const ENDLESS = { polling: { initialDelayMs: 3_600_000 } } as const;

/** A bulk batch of documents that no other test has. */
export interface BulkBatch {
  readonly handle: BatchHandle;
  /** Starts the batch again. */
  readonly again: (more?: object) => Promise<BatchHandle>;
  /** Its runs at Extend. */
  readonly runs: () => readonly EmulatorRun[];
  /** Requests of an operation since the batch was started, of all batches. */
  readonly requests: (operation: EmulatorRequest['operation']) => readonly EmulatorRequest[];
  /** Id of the workflow of a group. */
  readonly groupId: (group: number) => Promise<string>;
}

type Results = Pick<ParseClientOptions, 'resultDirectory' | 'resultStore'>;

/** Starts bulk batches in a scene. */
export class BulkBatches {
  readonly #scene: Scene;
  readonly #results: Results;
  #count = 0;

  /** @param results place of the results of the scene's worker. */
  constructor(scene: Scene, results: Results) {
    this.#scene = scene;
    this.#results = results;
  }

  /**
   * Starts a batch of `count` documents.
   *
   * @param script of each document. @default ends at its second poll
   */
  async start(
    count: number,
    options: object = {},
    script: (index: number) => string = () => 'ok?reads=1',
  ): Promise<BulkBatch> {
    this.#count += 1;
    const { emulator, temporal } = this.#scene;
    const { taskQueue } = this.#scene.parsing;
    const client = new ParseClient({ client: temporal, taskQueue, ...this.#results });
    const name = `${taskQueue}-${this.#count}`;
    const since = emulator.requests.length;
    const documents = Array.from({ length: count }, (_, index) => ({
      file: { fileUrl: `http://emulator.invalid/${script(index)}&n=${name}-${index}` },
    }));
    const input = { documents, defaults: QUICK, submission: 'bulk', ...options } as unknown as BatchInput;
    const again = (more: object = {}) => client.startBatch({ ...input, ...more }, { workflowId: name });
    const handle = await again();
    return {
      handle,
      again,
      runs: () => emulator.runs.filter(({ fileUrl }) => fileUrl?.includes(`&n=${name}-`)),
      requests: (operation) => emulator.requests.slice(since).filter((request) => request.operation === operation),
      groupId: async (group) => {
        const { runId } = await temporal.workflow.getHandle(name).describe();
        return `${name}/group/${runId}/${group}`;
      },
    };
  }
}

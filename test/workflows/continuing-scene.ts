import { afterAll, beforeAll } from '@jest/globals';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { ParseClient } from '../../client';
import type { ApiVersion } from '../../contract/extend';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { createParseWorker } from '../../worker';
import { quietly } from '../support/quietly';
import { startOwnDevServer } from '../support/servers';
import { bundledWorkflows } from './bundled-workflows';
import { CACHING } from './scene';

/** Settings of a {@link ContinuingScene}. */
export interface ContinuingSceneOptions {
  /** Number of events at which the server suggests to continue as new. */
  readonly suggestedAt: number;
  /** Settings of the emulator. @default {} */
  readonly emulator?: EmulatorOptions;
  /** Directory of the stored results. @default none */
  readonly resultDirectory?: string;
  /** Sees the calls that activities send to Temporal. @default none */
  readonly interceptor?: WorkflowClientInterceptor;
}

/** A dev server that suggests to continue as new after few events, an emulator, and a worker with and one without cached workflows. */
export class ContinuingScene {
  readonly #resultDirectory: { readonly resultDirectory?: string };
  readonly #interceptors: readonly WorkflowClientInterceptor[];
  #server: DevServer | undefined;
  #env: TestWorkflowEnvironment | undefined;
  #emulator: Emulator | undefined;
  #workers: readonly Worker[] = [];
  #ended: readonly Promise<void>[] = [];

  /** Starts everything before the tests of the surrounding block, and closes it after them. */
  constructor({ suggestedAt, emulator = {}, resultDirectory, interceptor }: ContinuingSceneOptions) {
    this.#resultDirectory = resultDirectory === undefined ? {} : { resultDirectory };
    this.#interceptors = interceptor === undefined ? [] : [interceptor];
    beforeAll(async () => {
      quietly();
      this.#server = await startOwnDevServer({
        dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': suggestedAt },
      });
      this.#env = await TestWorkflowEnvironment.createFromExistingServer({ address: this.#server.address });
      this.#emulator = await startEmulator(emulator);
      await this.#startWorkers();
    });
    afterAll(async () => {
      for (const worker of this.#workers) worker.shutdown();
      await Promise.all(this.#ended);
      await this.#env?.teardown();
      await this.#emulator?.close();
      await this.#server?.close();
    });
  }

  async #startWorkers(): Promise<void> {
    const workflowBundle = await bundledWorkflows();
    this.#workers = await Promise.all(
      CACHING.map(({ maxCachedWorkflows }) =>
        createParseWorker({
          connection: this.env.nativeConnection,
          taskQueue: taskQueueOf(maxCachedWorkflows),
          activities: {
            apiKey: 'test',
            baseUrl: this.emulator.url,
            apiVersion: versionOf(maxCachedWorkflows),
            ...this.#resultDirectory,
          },
          shutdownGraceTimeMs: 0,
          worker: {
            maxCachedWorkflows,
            workflowBundle,
            interceptors: { client: { workflow: [...this.#interceptors] } },
          },
        }),
      ),
    );
    this.#ended = this.#workers.map((worker) => worker.run());
  }

  get env(): TestWorkflowEnvironment {
    return started(this.#env);
  }

  get emulator(): Emulator {
    return started(this.#emulator);
  }

  /** Returns a client of the worker that caches this number of workflows, one of `CACHING`. */
  clientOf(maxCachedWorkflows: number): ParseClient {
    return new ParseClient({
      client: this.env.client,
      taskQueue: taskQueueOf(maxCachedWorkflows),
      ...this.#resultDirectory,
    });
  }
}

/** Version of Extend's API in which the worker that caches this number of workflows submits. Each worker has another. */
export function versionOf(maxCachedWorkflows: number): ApiVersion {
  return maxCachedWorkflows === 0 ? '2025-04-21' : '2026-02-09';
}

function taskQueueOf(maxCachedWorkflows: number): string {
  return `cache-${maxCachedWorkflows}`;
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the scene is used before beforeAll');
  return part;
}

import { CollectedRun, ParseApiError, type RunState } from '../contract/extend';
import type { ExtendApi, PolledRun } from './extend-api';
import { collectRun } from './read-body';

/** Ways to the content of a run whose state is known from a poll. */
export interface ContentSources extends Pick<ExtendApi, 'readRun' | 'streamRun'> {
  /** Run id of the poll. The answer may contain another one. */
  readonly runId: string;
  /** The whole run as JSON, if the answer to the poll had it. */
  readonly carried?: Uint8Array | undefined;
  /** Downloads the content, and gives the whole run as JSON. Absent if the answer to the poll named no URL. */
  readonly download?: ((signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>) | undefined;
}

/** Makes the answer to a poll from its state and the ways to its content. */
export function toPolledRun(state: RunState, sources: ContentSources): PolledRun {
  const { runId, carried, download, readRun, streamRun } = sources;
  return {
    state,
    read: async (options) => {
      if (carried !== undefined) return collected(carried);
      try {
        return await readRun(runId, options);
      } catch (error) {
        // Extend may have deleted the run because the poll had its result. The content is still at its URL.
        const isGone = error instanceof ParseApiError && error.status === 404;
        if (!isGone || download === undefined) throw error;
        return collectRun({ parts: download(options.signal) }, options.maxBodyBytes);
      }
    },
    stream: (options = {}) => {
      if (carried !== undefined) return once(carried);
      return download === undefined ? streamRun(runId, options) : download(options.signal);
    },
  };
}

function collected(body: Uint8Array): CollectedRun {
  const run = new CollectedRun();
  run.write(body);
  run.end();
  return run;
}

async function* once(part: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield part;
}

import { defined } from '../json';
import type { ParseRequest } from '../contract/extend';
import type { ExtendApi } from './extend-api';
import { toPolledRun } from './polled-run';
import type { Sender } from './sender';
import { createSharedCalls, readRequest, sendSubmit } from './shared-calls';

const RUNS = 'parser_runs';

/** Builds Extend's API in version 2025-04-21. It can neither cancel nor list runs. */
export function createApi20250421(sender: Sender): ExtendApi {
  const { pollAndKeep, ...calls } = createSharedCalls(sender, RUNS);
  const api: ExtendApi = {
    apiVersion: '2025-04-21',
    submitParse: async (request, options) => sendSubmit(sender, '/parse/async', toBody(request), options),
    ...calls,
    pollForResult: async (runId, options) => {
      const { state, body, responseType } = await pollAndKeep(runId, options);
      // Extend's documentation does not say where an answer with URLs has them.
      return toPolledRun(state, { ...api, runId, carried: responseType === 'json' ? body : undefined });
    },
    async *streamRun(runId, { signal } = {}) {
      const request = { ...readRequest(RUNS, runId, 'json'), operation: 'streamRun', signal } as const;
      yield* sender.sendForParts({ ...request, timeoutMs: sender.timeouts.fetchMs });
    },
  };
  return api;
}

function toBody({ file, config, metadata, dataRetention }: ParseRequest): object {
  const { fileUrl, fileId, fileName, password } = file;
  if ([metadata, dataRetention, password].some((value) => value !== undefined)) {
    throw new TypeError('version 2025-04-21 cannot carry this request');
  }
  return defined({ file: defined({ fileUrl, fileId, fileName }), config });
}

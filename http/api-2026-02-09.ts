import { classifyApiError } from '../contract';
import { ParseApiError, type ParseRequest } from '../contract/extend';
import { defined } from '../json';
import type { ExtendApi } from './extend-api';
import type { Sender } from './sender';
import { createSharedCalls, drain, sendSubmit, unlessGone } from './shared-calls';
import { pathOf } from './requests';
import { streamWithOutput } from './stream-with-output';

const RUNS = 'parse_runs';

/** Builds Extend's API in version 2026-02-09. */
export function createApi20260209(sender: Sender): ExtendApi {
  const { send, timeouts } = sender;
  return {
    apiVersion: '2026-02-09',
    submitParse: async (request, options) => sendSubmit(sender, '/parse_runs', toBody(request), options),
    ...createSharedCalls(sender, RUNS),
    streamRun: (runId, { signal } = {}) => streamWithOutput(sender, runId, signal),
    cancelRun: async (runId, { signal } = {}) => {
      const path = `${pathOf(RUNS, runId)}/cancel`;
      const request = { operation: 'cancelRun', method: 'POST', path, signal } as const;
      await unlessEnded(unlessGone(send({ ...request, timeoutMs: timeouts.statusMs }, drain)));
    },
  };
}

function toBody({ file, config, metadata, dataRetention }: ParseRequest): object {
  const { fileUrl, fileId, fileName, password } = file;
  const settings = password === undefined ? undefined : { password };
  const named = fileId === undefined ? defined({ url: fileUrl, name: fileName, settings }) : { id: fileId };
  const retention = dataRetention === undefined ? undefined : { mode: dataRetention };
  return defined({ file: named, config, metadata, dataRetention: retention });
}

/** Statuses with which Extend may refuse to cancel a run that has ended. Its documentation does not name the status. */
const ENDED_STATUSES: ReadonlySet<number | undefined> = new Set([400, 409, 422]);

/** Waits for a cancellation. The refusal of a run that has ended counts as success. */
async function unlessEnded(cancelling: Promise<void>): Promise<void> {
  try {
    await cancelling;
  } catch (error) {
    const isEnded = error instanceof ParseApiError && ENDED_STATUSES.has(error.status);
    if (!isEnded || classifyApiError(error, 'cancel') !== 'RequestRejected') throw error;
  }
}

import { classifyApiError } from '../contract';
import { ParseApiError, type ParseRequest } from '../contract/extend';
import { defined } from '../json';
import type { ExtendApi } from './extend-api';
import type { Sender } from './sender';
import { createSharedCalls, drain, sendSubmit } from './shared-calls';
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
      return isAccepted(send({ ...request, timeoutMs: timeouts.statusMs }, drain));
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

/**
 * Waits for a cancellation. Extend refuses to cancel a run that has ended, or does not exist. Its documentation does not
 * name the status of that answer.
 *
 * @returns `false` if Extend refused it
 */
async function isAccepted(cancelling: Promise<void>): Promise<boolean> {
  try {
    await cancelling;
    return true;
  } catch (error) {
    if (error instanceof ParseApiError && classifyApiError(error, 'cancel') === 'RequestRejected') return false;
    throw error;
  }
}

import { isEndpointMissing, isVersionRemoved } from '../contract';
import { DEFAULT_BASE_URL, EXTEND_API_VERSION, ParseApiError } from '../contract/extend';
import { createExtendClient } from '../http';
import type { WorkerConfiguration } from '../worker';
import type { Finding } from './finding';

/** No run has this id. A poll of it costs nothing and shows whether Extend accepts the key. */
const NO_RUN = 'parser_run_that_does_not_exist';

const SUBJECT = "Extend's key";

/**
 * Polls a run that does not exist, and submits no document. Only a 404 that is one of Extend's errors shows that address
 * and key are right, because any web server answers 404 to a path that it does not serve.
 */
export async function checkExtend({ activities }: WorkerConfiguration): Promise<Finding> {
  const { baseUrl = DEFAULT_BASE_URL } = activities;
  try {
    await createExtendClient(activities).pollRun(NO_RUN);
  } catch (error) {
    if (!(error instanceof ParseApiError)) throw error;
    const isUnknownRun = error.status === 404 && !isEndpointMissing(error) && !isVersionRemoved(error);
    if (!isUnknownRun) {
      return { state: 'wrong', subject: SUBJECT, says: `${error.message} [${baseUrl}]`, remedy: remedyFor(error) };
    }
  }
  return { state: 'ok', subject: SUBJECT, says: `accepted by ${baseUrl} (an unknown run is answered with 404)` };
}

function remedyFor(error: ParseApiError): string {
  const { kind, status } = error;
  if (status === 410 || isVersionRemoved(error)) {
    return `Upgrade temporal-extend-parse: this version uses version ${EXTEND_API_VERSION} of Extend's API.`;
  }
  if (isEndpointMissing(error)) {
    return `Set EXTEND_BASE_URL to the address of Extend's API, without a path: ${DEFAULT_BASE_URL}, or that of your region.`;
  }
  if (status === 401 || status === 403) {
    return 'Set EXTEND_API_KEY (or the content of EXTEND_API_KEY_FILE) to a key of this region, and EXTEND_WORKSPACE_ID for a key of a whole organization.';
  }
  if (status === 402) return "Add credits in Extend's dashboard.";
  if (status === 429)
    return 'Wait a little and run this again; EXTEND_PARSE_MAX_REQUESTS_PER_SECOND keeps workers below the limit.';
  if (kind === 'notReceived')
    return 'Check EXTEND_BASE_URL, the name server, and whether a firewall or proxy is in between.';
  return 'Check that EXTEND_BASE_URL is the address of the API and of nothing else.';
}

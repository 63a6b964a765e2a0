import { isEndpointMissing, isVersionRemoved } from '../contract';
import {
  API_VERSIONS,
  DEFAULT_API_VERSION,
  DEFAULT_BASE_URL,
  ParseApiError,
  type ApiVersion,
} from '../contract/extend';
import { createExtendClient } from '../http';
import type { WorkerConfiguration } from '../worker';
import type { Finding } from './finding';

/** No run has one of these ids. A poll of it costs nothing and shows whether Extend accepts the key. */
const NO_RUN = {
  '2025-04-21': 'parser_run_that_does_not_exist',
  '2026-02-09': 'pr_that_does_not_exist',
} as const satisfies Record<ApiVersion, string>;

const SUBJECT = "Extend's key";

/**
 * Polls a run that does not exist, in each version of the API, and submits no document. Only a 404 that is one of
 * Extend's errors shows that address, key and version are right, because any web server answers 404 to a path that it
 * does not serve.
 *
 * @returns the finding about address and key, and one about the version if these are right
 */
export async function checkExtend({ activities }: WorkerConfiguration): Promise<Finding[]> {
  const { apiVersion = DEFAULT_API_VERSION } = activities;
  const key = await checkKey(activities);
  if (key.state === 'wrong') return [key];
  const spoken: ApiVersion[] = [];
  for (const version of API_VERSIONS) {
    if (version === apiVersion || (await refusalOf(activities, version)) === undefined) spoken.push(version);
  }
  return [key, judgeApiVersion(apiVersion, spoken)];
}

/** Checks address and key in the version of new submits, with one request. */
export async function checkKey(activities: WorkerConfiguration['activities']): Promise<Finding> {
  const { baseUrl = DEFAULT_BASE_URL, apiVersion = DEFAULT_API_VERSION } = activities;
  const refusal = await refusalOf(activities, apiVersion);
  if (refusal === undefined) {
    const says = `accepted by ${baseUrl} in version ${apiVersion} (an unknown run is answered with 404)`;
    return { state: 'ok', subject: SUBJECT, says };
  }
  const says = `${refusal.message} [${baseUrl}]`;
  return { state: 'wrong', subject: SUBJECT, says, remedy: remedyFor(refusal, apiVersion) };
}

/** Returns the error with which Extend refuses a poll in that version; `undefined` if the run is unknown, as it should be. */
async function refusalOf(
  activities: WorkerConfiguration['activities'],
  apiVersion: ApiVersion,
): Promise<ParseApiError | undefined> {
  try {
    await createExtendClient(activities).version(apiVersion).pollRun(NO_RUN[apiVersion]);
    return undefined;
  } catch (error) {
    if (!(error instanceof ParseApiError)) throw error;
    const isUnknownRun = error.status === 404 && !isEndpointMissing(error) && !isVersionRemoved(error);
    return isUnknownRun ? undefined : error;
  }
}

/** Judges the version of new submits by the versions that address and key speak, the older one first. */
export function judgeApiVersion(apiVersion: ApiVersion, spoken: readonly ApiVersion[]): Finding {
  const subject = "Extend's API version";
  const says = `submits use ${apiVersion}; this address and key speak ${spoken.join(' and ')}`;
  const newest = spoken.at(-1);
  if (newest === apiVersion) return { state: 'ok', subject, says };
  const remedy = `Extend marks ${apiVersion} as an older version: set EXTEND_API_VERSION to ${newest}. Runs in flight are finished in the version in which they were submitted.`;
  return { state: 'warning', subject, says, remedy };
}

function remedyFor(error: ParseApiError, apiVersion: ApiVersion): string {
  const { kind, status } = error;
  if (status === 410 || isVersionRemoved(error)) {
    return `Extend no longer serves version ${apiVersion}: set EXTEND_API_VERSION to a newer one, or upgrade temporal-extend-parse.`;
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
    return 'Check EXTEND_BASE_URL, HTTPS_PROXY, the name server, and whether a firewall is in between.';
  return 'Check that EXTEND_BASE_URL is the address of the API and of nothing else.';
}

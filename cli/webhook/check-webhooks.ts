import { withoutBlanks, type Environment } from '../../contract';
import {
  API_VERSIONS,
  BATCH_RUN_EVENTS,
  DEFAULT_API_VERSION,
  ParseApiError,
  RUN_EVENTS,
  type ApiVersion,
  type WebhookEndpoint,
} from '../../contract/extend';
import { createExtendClient } from '../../http';
import { maskUrl } from '../../privacy';
import type { WorkerConfiguration } from '../../worker';
import { CommandError } from '../exit-status';
import type { Finding } from '../finding';
import { toSafeLabel } from '../to-label';
import { listEndpoints } from './list-endpoints';
import { readWebhookSecrets } from './webhook-secrets';

const SUBJECT = 'webhooks';
const REGISTER = 'Register one: extend-parse webhook register URL. docs/webhooks.md has all steps.';

/** The facts by which the webhooks of a workspace are judged. */
export interface WebhookFacts {
  readonly endpoints: readonly WebhookEndpoint[];
  /** `true` if this environment has signing secrets, so that webhooks are wanted. */
  readonly areWanted: boolean;
  /** Version of Extend's API in which workers submit. */
  readonly apiVersion: ApiVersion;
}

/**
 * Checks the secrets of the environment, and the endpoints of the workspace with their events and versions. Webhooks are
 * optional: without secrets and without endpoints, there is nothing to check.
 */
export async function checkWebhooks({ activities }: WorkerConfiguration, env: Environment): Promise<Finding[]> {
  const { EXTEND_WEBHOOK_SECRETS: list, EXTEND_WEBHOOK_SECRETS_FILE: file } = withoutBlanks(env);
  const areWanted = list !== undefined || file !== undefined;
  const wrongSecrets = areWanted ? await findSecretsProblem(env) : undefined;
  const { apiVersion = DEFAULT_API_VERSION } = activities;
  try {
    const endpoints = await listEndpoints(createExtendClient(activities).webhookEndpoints);
    return [...(wrongSecrets ?? []), ...judgeWebhooks({ endpoints, areWanted, apiVersion })];
  } catch (error) {
    if (!(error instanceof ParseApiError)) throw error;
    const says = `the endpoints are not known: ${toSafeLabel(error.message)}`;
    return [...(wrongSecrets ?? []), { state: 'skipped', subject: SUBJECT, says }];
  }
}

async function findSecretsProblem(env: Environment): Promise<Finding[] | undefined> {
  try {
    await readWebhookSecrets(env);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const remedy = 'Set it to the secrets that extend-parse webhook register has printed.';
    return [{ state: 'wrong', subject: SUBJECT, says: error.message, remedy }];
  }
}

/** Judges the endpoints that get events about the ends of parse runs. Other endpoints of the workspace do not count. */
export function judgeWebhooks({ endpoints, areWanted, apiVersion }: WebhookFacts): Finding[] {
  const ours = endpoints.filter(({ enabledEvents }) => wantedIn(enabledEvents).length > 0);
  const says = 'no endpoint of the workspace gets events of parse runs';
  if (ours.length === 0 && areWanted) return [{ state: 'wrong', subject: SUBJECT, says, remedy: REGISTER }];
  if (ours.length === 0) return [{ state: 'skipped', subject: SUBJECT, says: `${says}; see docs/webhooks.md` }];
  return ours.map((endpoint) => judgeEndpoint(endpoint, apiVersion));
}

function judgeEndpoint(endpoint: WebhookEndpoint, apiVersion: ApiVersion): Finding {
  const { id, url, status = 'of unknown status', enabledEvents, apiVersion: version = 'unknown' } = endpoint;
  const name = `${toSafeLabel(id)} (${toSafeLabel(maskUrl(url))})`;
  const note = (problem: string, remedy: string): Finding => ({
    state: 'warning',
    subject: SUBJECT,
    says: `${name} ${problem}`,
    remedy,
  });
  if (status !== 'enabled') {
    return note(
      `is ${toSafeLabel(status)}`,
      "Enable it in Extend's dashboard, or delete it: extend-parse webhook delete ID.",
    );
  }
  const missing = missingEvents(enabledEvents);
  if (missing.length > 0) {
    const problem = `does not get ${missing.join(' and ')}: polling finds these ends`;
    return note(problem, "Add the events in Extend's dashboard, or register another endpoint.");
  }
  if (version === '2025-04-21' && apiVersion !== version) {
    const problem = `is of version ${version}: its events have no metadata, so a workflow is found by search attribute only`;
    return note(problem, 'Register an endpoint of version 2026-02-09, and then delete this one.');
  }
  if (apiVersion === '2025-04-21') {
    const problem =
      'is right, but new submits use 2025-04-21, whose runs have no metadata: a workflow is found by search attribute only';
    return note(problem, 'Set EXTEND_API_VERSION to 2026-02-09, or start each document with searchAttributes: true.');
  }
  const events = wantedIn(enabledEvents).join(' and ');
  const says = `${name} gets ${events} in version ${toSafeLabel(version)}${batchNote(enabledEvents, version)}`;
  return { state: 'ok', subject: SUBJECT, says };
}

/** Only bulk batches need the events about batch runs, so an endpoint without them is right. */
function batchNote(events: readonly string[], version: string): string {
  const wanted: readonly string[] = version === '2026-02-09' ? BATCH_RUN_EVENTS[version] : [];
  const missing = wanted.filter((event) => !events.includes(event));
  return missing.length === 0 ? '' : `; for bulk batches it lacks ${missing.join(' and ')}`;
}

/** The events about the ends of parse runs, in the words of any version. */
function wantedIn(events: readonly string[]): string[] {
  const wanted: readonly string[] = API_VERSIONS.flatMap((version) => RUN_EVENTS[version]);
  return events.filter((event) => wanted.includes(event));
}

/** The events that are missing in the version that has at least one of them. */
function missingEvents(events: readonly string[]): string[] {
  const version = API_VERSIONS.find((each) => RUN_EVENTS[each].some((event) => events.includes(event)));
  return version === undefined ? [] : RUN_EVENTS[version].filter((event) => !events.includes(event));
}

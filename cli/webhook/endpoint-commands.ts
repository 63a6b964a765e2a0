import type { Environment } from '../../contract';
import {
  BATCH_RUN_EVENTS,
  ParseApiError,
  RUN_EVENTS,
  type ApiVersion,
  type WebhookEndpoint,
} from '../../contract/extend';
import { createExtendClient, type WebhookEndpoints } from '../../http';
import { maskUrl } from '../../privacy';
import { readWorkerConfiguration } from '../../worker';
import { CommandError, EXIT_STATUS, usageError, type ExitStatus } from '../exit-status';
import { orUsageError } from '../or-usage-error';
import { toLabel, toSafeLabel } from '../to-label';
import { listEndpoints } from './list-endpoints';

/** Arguments of `extend-parse webhook register`. */
export interface RegisterArguments {
  /** Public URL at which Extend reaches the receiver. */
  readonly url: string;
  /** Name of the endpoint for people. */
  readonly name: string;
  /** Version of the API in whose words the events are written. */
  readonly apiVersion: ApiVersion;
}

/**
 * `extend-parse webhook register`: creates an endpoint for the ends of parse runs and of batches of them. The signing secret goes to standard
 * output, alone, so that a script can keep it; everything else goes to standard error.
 *
 * @throws CommandError if the URL is wrong, or Extend refuses the endpoint.
 */
export async function registerCommand(given: RegisterArguments, env: Environment): Promise<ExitStatus> {
  const { url, name, apiVersion } = given;
  checkUrl(url);
  const enabledEvents = [...RUN_EVENTS[apiVersion], ...BATCH_RUN_EVENTS[apiVersion]];
  const request = { url, name, apiVersion, enabledEvents };
  const { id, signingSecret } = await orFailure(endpointsOf(env).create(request));
  console.error(`${toLabel(id)} is registered for ${shown(url)}. Its signing secret, which Extend shows only now:`);
  const problem = await new Promise<string | undefined>((resolve) =>
    process.stdout.write(`${signingSecret}\n`, (error) => resolve(error?.message)),
  );
  if (problem === undefined) return EXIT_STATUS.success;
  const remedy = `Delete the endpoint (extend-parse webhook delete ${toLabel(id)}) and register it again.`;
  throw failure(`the signing secret could not be written: ${problem}. ${remedy}`);
}

/** `extend-parse webhook list`: prints the endpoints of the workspace, one a line. */
export async function listCommand(env: Environment): Promise<ExitStatus> {
  const endpoints = await orFailure(listEndpoints(endpointsOf(env)));
  for (const endpoint of endpoints) console.log(describeEndpoint(endpoint));
  if (endpoints.length === 0) console.error('there are no endpoints');
  return EXIT_STATUS.success;
}

/** `extend-parse webhook delete`: deletes an endpoint. @throws CommandError if there is none of that id */
export async function deleteCommand(id: string, env: Environment): Promise<ExitStatus> {
  await orFailure(endpointsOf(env).delete(id));
  console.error(`${toSafeLabel(id)} is deleted`);
  return EXIT_STATUS.success;
}

function endpointsOf(env: Environment): WebhookEndpoints {
  return createExtendClient(orUsageError(() => readWorkerConfiguration(env)).activities).webhookEndpoints;
}

function describeEndpoint({ id, url, status, apiVersion, enabledEvents }: WebhookEndpoint): string {
  const events = enabledEvents.length === 0 ? 'no events' : enabledEvents.join(' ');
  return toLabel([id, status ?? '-', apiVersion ?? '-', shown(url), events].join(' '));
}

/** @throws CommandError for a URL that Extend cannot reach over an encrypted connection, except those of this machine */
function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url?.protocol === 'https:' || isLocal) return;
  throw usageError(`the URL must be an absolute https: URL, got '${toSafeLabel(maskUrl(text))}'`);
}

function shown(url: string): string {
  return toSafeLabel(maskUrl(url));
}

/** Turns an error of Extend into one of the command. */
async function orFailure<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ParseApiError)) throw error;
    throw failure(toSafeLabel(error.message));
  }
}

function failure(message: string): CommandError {
  return new CommandError({ message, exitStatus: EXIT_STATUS.failure });
}

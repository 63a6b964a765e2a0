import { activityInfo } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { versionOfRun, type RunVersion } from '../contract';
import { API_VERSIONS, DEFAULT_API_VERSION, type ApiVersion } from '../contract/extend';
import type { ExtendApi, ExtendClient } from '../http';
import { finalFailure } from './to-application-failure';

/** Name of a resolver's password in messages. */
export const PASSWORD_FIELD = 'the password of the source';

/**
 * Gives Extend's API in the version in which a run was submitted. A workflow of version 0.1.0 names no version, also if a
 * newer worker submitted its document: then the beginning of the run id tells it.
 */
export function apiOf(
  extend: ExtendClient,
  { runId = '', apiVersion }: { readonly runId?: string; readonly apiVersion?: RunVersion },
): ExtendApi {
  const version = apiVersion ?? versionOfRun({ runId }) ?? DEFAULT_API_VERSION;
  return extend.version(version === 'worker' ? extend.apiVersion : version);
}

/**
 * Gives Extend's API in each version in which the run may have been submitted: one, unless neither the workflow nor the
 * beginning of the run id tells it. The worker's own version comes first.
 */
export function possibleApis(
  extend: ExtendClient,
  run: { readonly runId: string; readonly apiVersion?: RunVersion },
): readonly [ExtendApi, ...ExtendApi[]] {
  const api = apiOf(extend, run);
  const others = API_VERSIONS.filter((version) => version !== api.apiVersion);
  return run.apiVersion === 'worker' ? [api, ...others.map((version) => extend.version(version))] : [api];
}

/**
 * Checks that new submits of this worker can carry the fields, before anything is sent.
 *
 * @throws ApplicationFailure `InvalidInput`, final, that names the fields and the version
 */
export function checkVersionedFields(fields: readonly string[], apiVersion: ApiVersion): void {
  if (fields.length > 0 && apiVersion === '2025-04-21') throw versionTooOld(fields, apiVersion);
}

function versionTooOld(fields: readonly string[], apiVersion: ApiVersion): ApplicationFailure {
  const message = `invalid input: ${fields.join(', ')}: version ${apiVersion} of Extend's API, with which this worker submits, cannot carry that; set EXTEND_API_VERSION to 2026-02-09`;
  return finalFailure('InvalidInput', message, { attempts: activityInfo().attempt });
}

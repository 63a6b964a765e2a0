import { type Environment, withoutBlanks } from '../contract';
import { defined } from '../json';
import type { ApiVersion } from '../contract/extend';
import { readApiVersionSetting, readWorkerConfiguration, type WorkerConfiguration } from '../worker';
import { orUsageError } from './or-usage-error';
import { usageError } from './exit-status';
import type { ParseArguments } from './parse-arguments';
import { type ConfiguredTemporal, readConfiguredTemporal } from './connect-temporal';

/** Checked arguments, options and configuration of the command. */
export interface CallSettings extends ParseArguments {
  /** The worker's configuration. Absent if no key is set; the command then starts an emulator. */
  readonly extend?: WorkerConfiguration;
  /** The Temporal server. Absent if none is configured; the command then starts a dev server. */
  readonly temporal?: ConfiguredTemporal;
  /** Version of Extend's API for new submits. @default the worker's default */
  readonly apiVersion?: ApiVersion;
}

/**
 * Adds the configuration from the environment. It starts nothing and opens no connection.
 *
 * @throws CommandError that names the wrong variable.
 */
export function readCallSettings(given: ParseArguments, env: Environment): CallSettings {
  const extend = readExtend(withoutBlanks(env));
  const apiVersion = orUsageError(() => readApiVersionSetting(env));
  return { ...given, ...defined({ extend, temporal: readConfiguredTemporal(env), apiVersion }) };
}

function readExtend(env: Environment): WorkerConfiguration | undefined {
  if (env['EXTEND_API_KEY'] === undefined && env['EXTEND_API_KEY_FILE'] === undefined) {
    if (env['EXTEND_BASE_URL'] === undefined) return undefined;
    throw usageError('EXTEND_BASE_URL is set, but neither EXTEND_API_KEY nor EXTEND_API_KEY_FILE is');
  }
  return orUsageError(() => readWorkerConfiguration(env));
}

import { type Environment, withoutBlanks } from '../contract';
import { readWorkerConfiguration, type WorkerConfiguration } from '../worker';
import { orUsageError } from './configuration-problem';
import { usageError } from './exit-status';
import type { ParseArguments } from './parse-arguments';
import { type ConfiguredTemporal, readConfiguredTemporal } from './temporal-part';

/** All that the command needs to know, checked. */
export interface ParseSettings extends ParseArguments {
  /** The worker's configuration; absent where no key is set, so that the emulator stands in. */
  readonly extend?: WorkerConfiguration;
  /** The Temporal server; absent where none is configured, so that a dev server stands in. */
  readonly temporal?: ConfiguredTemporal;
}

/**
 * Adds what the environment configures. It starts nothing and opens no connection.
 *
 * @throws CommandError that names what is wrong.
 */
export function readParseSettings(given: ParseArguments, env: Environment): ParseSettings {
  const extend = readExtend(withoutBlanks(env));
  const temporal = readConfiguredTemporal(env);
  return { ...given, ...(extend === undefined ? {} : { extend }), ...(temporal === undefined ? {} : { temporal }) };
}

function readExtend(env: Environment): WorkerConfiguration | undefined {
  if (env['EXTEND_API_KEY'] === undefined && env['EXTEND_API_KEY_FILE'] === undefined) {
    if (env['EXTEND_BASE_URL'] === undefined) return undefined;
    throw usageError('EXTEND_BASE_URL is set, but neither EXTEND_API_KEY nor EXTEND_API_KEY_FILE is');
  }
  return orUsageError(() => readWorkerConfiguration(env));
}

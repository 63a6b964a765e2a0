import { Option } from 'commander';
import type { Environment } from '../contract';
import { API_VERSIONS, DEFAULT_API_VERSION, type ApiVersion } from '../contract/extend';

/** The value of `--api-version`. */
export interface VersionOption {
  /** Absent if the option is not given. */
  readonly apiVersion?: ApiVersion;
}

/** Returns the option that chooses the version of Extend's API for new submits. */
export function apiVersionOption(): Option {
  const words = `version of Extend's API for new submits (default: EXTEND_API_VERSION, else ${DEFAULT_API_VERSION})`;
  return new Option('--api-version <version>', words).choices(API_VERSIONS);
}

/** Returns the environment in which the option, if it is given, replaces `EXTEND_API_VERSION`. */
export function withApiVersion(environment: Environment, apiVersion: ApiVersion | undefined): Environment {
  return apiVersion === undefined ? environment : { ...environment, EXTEND_API_VERSION: apiVersion };
}

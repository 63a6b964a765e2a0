import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { ParseActivitiesOptions } from '../activities';
import { DEFAULT_TASK_QUEUE, withoutBlanks, type Environment } from '../contract';
import { API_VERSIONS, findBaseUrlProblem, isHeaderWord, type ApiVersion } from '../contract/extend';
import { defined } from '../json';
import { maskUrl, redact } from '../privacy';
import { LOG_FORMATS, LOG_LEVELS, type LogOptions } from './logger';
import { isPositive, isPositiveWhole, isWhole, readNumber, readProxy, readWord } from './read-variable';

const MAX_PORT = 65_535;
/** Prefix of the variables that set headers of requests to Temporal. */
const METADATA_PREFIX = 'TEMPORAL_GRPC_META_';

/** Configuration of a worker, read from its environment. */
export interface WorkerConfiguration {
  /** Task queue that the worker polls. */
  readonly taskQueue: string;
  /** Settings of the activities. */
  readonly activities: ParseActivitiesOptions;
  /** Temporal's address, credentials and namespace, from Temporal's own `TEMPORAL_*` variables and profiles. */
  readonly temporal: ClientConnectConfig;
  /** Limit of requests to Extend per second. @default no limit */
  readonly maxRequestsPerSecond?: number;
  /**
   * Time that a stopping worker waits for its activities, in milliseconds.
   * @default the default of `createParseWorker`
   */
  readonly shutdownGraceTimeMs?: number;
  /** Format of the log lines. @default 'text' */
  readonly logFormat?: NonNullable<LogOptions['logFormat']>;
  /** Log lines of a lower level are not written. @default 'INFO' */
  readonly logLevel?: NonNullable<LogOptions['logLevel']>;
  /** IP address and port at which the worker serves metrics to Prometheus. @default no metrics are served */
  readonly metricsAddress?: string;
}

/**
 * An error about environment variables that are missing or wrong. Its message has one line per problem, and contains no
 * secret.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** One sentence per problem. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads a worker's configuration from environment variables. A blank variable counts as absent.
 *
 * @throws ConfigurationError that lists every problem.
 */
export function readWorkerConfiguration(environment: Environment): WorkerConfiguration {
  const env = withoutBlanks(environment);
  const problems: string[] = [];
  const number = (name: string, rule: (value: number) => boolean, words: string) =>
    readNumber(env, name, rule, words, problems);
  const apiKey = readApiKey(env, problems);
  const baseUrl = readBaseUrl(env, problems);
  const apiVersion = readApiVersion(env, problems);
  const sourceDirectory = readDirectory(env, 'EXTEND_PARSE_SOURCE_DIR', problems);
  const resultDirectory = env.EXTEND_PARSE_RESULT_DIR;
  const maxInlineBytes = number('EXTEND_PARSE_MAX_INLINE_BYTES', isPositiveWhole, 'a positive whole number of bytes');
  const shutdownGraceTimeMs = number('EXTEND_PARSE_SHUTDOWN_GRACE_MS', isWhole, 'a whole number of milliseconds');
  const maxRequestsPerSecond = number('EXTEND_PARSE_MAX_REQUESTS_PER_SECOND', isPositive, 'a positive number');
  const runMetadata = readSwitch(env, 'EXTEND_PARSE_RUN_METADATA', problems);
  const metricsAddress = checkMetricsAddress(env, problems);
  const proxy = readProxy(env, problems);
  const logFormat = readWord(env, 'EXTEND_PARSE_LOG_FORMAT', LOG_FORMATS, problems);
  const logLevel = readWord(env, 'EXTEND_PARSE_LOG_LEVEL', LOG_LEVELS, problems);
  const temporal = readTemporal(env, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    taskQueue: env.EXTEND_PARSE_TASK_QUEUE ?? DEFAULT_TASK_QUEUE,
    activities: {
      apiKey,
      ...defined({ apiVersion, baseUrl, workspaceId: env.EXTEND_WORKSPACE_ID, proxy }),
      ...defined({ sourceDirectory, resultDirectory, maxInlineBytes, runMetadata }),
    },
    temporal,
    ...defined({ maxRequestsPerSecond, shutdownGraceTimeMs, metricsAddress, logFormat, logLevel }),
  };
}

/**
 * Reads the version of Extend's API for new submits.
 *
 * @returns `undefined` if none is set
 * @throws ConfigurationError for a version that this package does not speak
 */
export function readApiVersionSetting(environment: Environment): ApiVersion | undefined {
  const problems: string[] = [];
  const apiVersion = readApiVersion(withoutBlanks(environment), problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return apiVersion;
}

/** Reads a variable that is `on` or `off`. @returns `undefined` if it is not set */
function readSwitch(env: Environment, name: string, problems: string[]): boolean | undefined {
  const value = env[name];
  if (value === undefined || value === 'on' || value === 'off') return value === undefined ? undefined : value === 'on';
  problems.push(`${name} must be 'on' or 'off', got '${redact(value)}'`);
  return undefined;
}

function readApiVersion({ EXTEND_API_VERSION: value }: Environment, problems: string[]): ApiVersion | undefined {
  const apiVersion = API_VERSIONS.find((version) => version === value);
  if (value !== undefined && apiVersion === undefined) {
    problems.push(`EXTEND_API_VERSION must be ${API_VERSIONS.join(' or ')}, got '${redact(value)}'`);
  }
  return apiVersion;
}

/**
 * Reads Temporal's connection settings from variables and profiles.
 *
 * @throws ConfigurationError that lists every problem
 */
export function readTemporalConfiguration(environment: Environment): ClientConnectConfig {
  const problems: string[] = [];
  const temporal = readTemporal(withoutBlanks(environment), problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return temporal;
}

function readTemporal(env: Readonly<Record<string, string>>, problems: string[]): ClientConnectConfig {
  try {
    const temporal = loadClientConnectConfig({ overrideEnvVars: env });
    const { address = '', apiKey, metadata = {} } = temporal.connectionOptions;
    // The SDK refuses such an address too, but its message repeats the address with the credentials.
    if (/[@?#/\s]/.test(address))
      problems.push(`TEMPORAL_ADDRESS, or the address of the profile, must be host:port, got '${maskUrl(address)}'`);
    // gRPC refuses such a key too, but its message repeats the key.
    if (typeof apiKey === 'string' && !isHeaderWord(apiKey))
      problems.push('TEMPORAL_API_KEY, or the api_key of the profile, must be one word of printable ASCII characters');
    problems.push(...findMetadataProblems(metadata, env));
    return temporal;
  } catch (error) {
    // The message of the TOML parser shows the file, with its keys, after the first line. A message may also show a
    // path, which may be a PEM.
    const [reason = ''] = (error as Error).message.split(/\n|(?=-----BEGIN )/);
    problems.push(`Temporal's configuration is not usable: ${reason}`);
    return {} as ClientConnectConfig;
  }
}

/**
 * Gives one sentence per header whose value no header can carry. It skips binary headers (`…-bin`), because gRPC
 * refuses these without showing the value.
 *
 * Temporal's envconfig replaces only the first underscores of a name by hyphens. So the name of the variable cannot be
 * computed from the header, and is searched for.
 */
function findMetadataProblems(metadata: Readonly<Record<string, unknown>>, env: Environment): string[] {
  const headerOf = (variable: string) => variable.slice(METADATA_PREFIX.length).toLowerCase().replaceAll('_', '-');
  const variables = Object.keys(env).filter((name) => name.startsWith(METADATA_PREFIX));
  return Object.entries(metadata)
    .filter(([, value]) => typeof value === 'string' && !/^[\x20-\x7e]*$/.test(value))
    .map(([header]) => {
      const variable = variables.find((name) => headerOf(name) === header.replaceAll('_', '-'));
      return variable ?? `grpc_meta of the profile: the value of '${redact(header)}'`;
    })
    .map((name) => `${name} must be printable ASCII characters`);
}

function readApiKey(env: Environment, problems: string[]): ParseActivitiesOptions['apiKey'] {
  const { EXTEND_API_KEY: key, EXTEND_API_KEY_FILE: file } = env;
  if (key !== undefined && file !== undefined)
    problems.push('EXTEND_API_KEY and EXTEND_API_KEY_FILE are both set: set one');
  if (key !== undefined) {
    if (!isHeaderWord(key)) problems.push('EXTEND_API_KEY must be one word of printable ASCII characters');
    return key;
  }
  if (file === undefined) {
    problems.push('EXTEND_API_KEY or EXTEND_API_KEY_FILE must be set: the worker needs a key to talk to Extend');
    return '';
  }
  try {
    if (!isHeaderWord(readFileSync(file, 'utf8').trim()))
      problems.push(`EXTEND_API_KEY_FILE must name a file with one key and nothing else, got '${file}'`);
  } catch (error) {
    problems.push(
      `EXTEND_API_KEY_FILE must name a readable file: ${withoutPath(error)} (the value may be a key: not shown)`,
    );
  }
  // The client reads the file for each request, so that a rotated key needs no restart.
  return () => readFile(file, 'utf8');
}

/** Removes the path from an error of Node's file system: the variable may hold the key instead of a path. */
function withoutPath(error: unknown): string {
  return (error as Error).message.replace(/, \w+ '.*$/s, '');
}

function readBaseUrl({ EXTEND_BASE_URL: value }: Environment, problems: string[]): string | undefined {
  if (value === undefined) return undefined;
  const problem = keepsKeySecret(value)
    ? findBaseUrlProblem(value)
    : 'must be an https: URL, or an http: URL of this machine (127.0.0.1, [::1], localhost)';
  if (problem !== undefined) problems.push(`EXTEND_BASE_URL ${problem}, got ${showUrl(value)}`);
  return value;
}

/**
 * Tells if the API key stays secret on its way to this URL: the connection is encrypted, or does not leave the machine.
 */
function keepsKeySecret(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
}

/** Shows a value in a message. A value without a scheme is not shown, because it may be a key in the wrong variable. */
function showUrl(value: string): string {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? `'${redact(maskUrl(value))}'` : 'a value without https:// (not shown)';
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function readDirectory(env: Environment, name: string, problems: string[]): string | undefined {
  const path = env[name];
  if (path === undefined) return undefined;
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    problems.push(`${name} must be a directory, got '${path}'`);
  return path;
}

/**
 * Reads the address at which metrics are served to Prometheus.
 *
 * @returns `undefined` if none is set
 * @throws ConfigurationError if it is not an IP address and a port
 */
export function readMetricsAddress(environment: Environment): string | undefined {
  const problems: string[] = [];
  const address = checkMetricsAddress(withoutBlanks(environment), problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return address;
}

function checkMetricsAddress(
  { EXTEND_PARSE_METRICS_ADDRESS: value }: Environment,
  problems: string[],
): string | undefined {
  if (value !== undefined && !isSocketAddress(value)) {
    problems.push(
      `EXTEND_PARSE_METRICS_ADDRESS must be an IP address and a port, as in 127.0.0.1:9464, got '${redact(maskUrl(value))}'`,
    );
  }
  return value;
}

/** Tells if a text is an IP address with a port. Temporal's runtime accepts no host name for the metrics endpoint. */
function isSocketAddress(value: string): boolean {
  const at = value.lastIndexOf(':');
  const [host, port] = [value.slice(0, at), value.slice(at + 1)];
  const isHost = isIPv4(host) || (/^\[.*\]$/.test(host) && isIPv6(host.slice(1, -1)));
  return isHost && /^\d{1,5}$/.test(port) && Number(port) <= MAX_PORT;
}

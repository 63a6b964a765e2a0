import type { ApiVersion, ParseConfig } from '../../contract/extend/parse-api';
import { isDeeperThan, isPlainObject } from '../../json';
import { CONFIG_OPTIONS, isOptionGroup, optionRule } from './config-options';
import { RefusedRequest } from './refused-request';

/** The defaults that both versions of the API document. Options without a documented default are absent. */
const DEFAULT_CONFIG: ParseConfig = {
  target: 'markdown',
  chunkingStrategy: { type: 'page' },
  engine: 'parse_performance',
  blockOptions: {
    figures: { enabled: true, figureImageClippingEnabled: true },
    tables: { enabled: true, targetFormat: 'markdown', tableHeaderContinuationEnabled: false },
    text: { signatureDetectionEnabled: true },
  },
  advancedOptions: { pageRotationEnabled: true },
};

const DEFAULTS: Readonly<Record<ApiVersion, ParseConfig>> = {
  '2025-04-21': {
    ...DEFAULT_CONFIG,
    advancedOptions: { ...DEFAULT_CONFIG.advancedOptions, agenticOcrEnabled: false },
  },
  '2026-02-09': DEFAULT_CONFIG,
};

/**
 * Largest depth of a config, more than any option of the API has. A run's answers repeat its config, and JSON of
 * unlimited depth cannot be written.
 */
const MAX_CONFIG_LEVELS = 100;

/** Longest part of a value that a message quotes, in characters. */
const MAX_SHOWN_LENGTH = 100;

/**
 * Returns the configuration that a run uses: the caller's, with the API's defaults filled in. A `null` counts as absent.
 *
 * The API documents only some of its refusals. Unknown names and values of a wrong type are assumed to be refused: a
 * test must not pass with a configuration that the API may refuse.
 *
 * @throws RefusedRequest 400 `INVALID_CONFIG_OPTIONS` for an unknown option, for a value that an option does not accept,
 * for options that contradict each other, and for a config that is nested too deeply.
 */
export function effectiveConfig(config: unknown, apiVersion: ApiVersion): ParseConfig {
  if (config !== undefined && config !== null && !isPlainObject(config)) throw refused('config must be an object');
  if (isDeeperThan(config, MAX_CONFIG_LEVELS)) throw refused(`config must have at most ${MAX_CONFIG_LEVELS} levels`);
  checkOptions(config ?? {}, '', apiVersion);
  const merged = mergeDefaults(DEFAULTS[apiVersion], config ?? {}) as ParseConfig;
  checkContradictions(merged);
  return merged;
}

/**
 * Returns the paths of the options that a run's configuration sets, but that the emulator cannot honour. Defaults are not
 * among them.
 */
export function ignoredOptions(config: ParseConfig): string[] {
  const given = (path: string): unknown => valueAt(config, path) ?? undefined;
  return Object.entries(CONFIG_OPTIONS).flatMap(([path, { isIgnored }]) => {
    const value = given(path);
    const isDefault = value === undefined || value === valueAt(DEFAULT_CONFIG, path);
    return !isDefault && isIgnored?.(value) === true ? [path] : [];
  });
}

function checkOptions(group: unknown, parent: string, apiVersion: ApiVersion): void {
  if (!isPlainObject(group)) throw refused(`${parent} must be an object, got ${shown(group)}`);
  for (const [name, value] of Object.entries(group)) {
    if (value === undefined || value === null) continue;
    const path = parent === '' ? name : `${parent}.${name}`;
    const rule = optionRule(path, apiVersion);
    if (rule !== undefined) {
      if (!rule.accepts(value)) throw refused(`${path} must be ${rule.accepted}, got ${shown(value)}`);
    } else if (isOptionGroup(path, apiVersion)) checkOptions(value, path, apiVersion);
    else throw refused(`${path} is no option of version ${apiVersion}`);
  }
}

function checkContradictions({ target, chunkingStrategy }: ParseConfig): void {
  const { type, options } = chunkingStrategy ?? {};
  if (target === 'spatial' && type !== 'page') throw refused(`target spatial supports page chunking only, got ${type}`);
  const { minCharacters = 0, maxCharacters = Number.POSITIVE_INFINITY } = options ?? {};
  if ((minCharacters ?? 0) > (maxCharacters ?? Number.POSITIVE_INFINITY)) {
    const got = `got ${minCharacters} and ${maxCharacters}`;
    throw refused(`chunkingStrategy.options.minCharacters must be at most maxCharacters, ${got}`);
  }
}

function refused(message: string): RefusedRequest {
  return new RefusedRequest(400, message, 'INVALID_CONFIG_OPTIONS');
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, MAX_SHOWN_LENGTH);
}

function valueAt(config: unknown, path: string): unknown {
  return path.split('.').reduce((value, name) => (isPlainObject(value) ? value[name] : undefined), config);
}

function mergeDefaults(defaults: unknown, given: unknown): unknown {
  if (given === undefined || given === null) return defaults;
  if (!isPlainObject(defaults) || !isPlainObject(given)) return given;
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(given)) merged[name] = mergeDefaults(defaults[name], value);
  return merged;
}

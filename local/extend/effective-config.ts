import type { ApiVersion, ParseConfig } from '../../contract/extend/parse-api';
import { isDeeperThan, isPlainObject } from '../../json';
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

/**
 * Returns the configuration that a run uses: the caller's, with the API's defaults filled in.
 *
 * @throws RefusedRequest 400 `INVALID_CONFIG_OPTIONS` for contradictions that the API documents, and for a config that
 * is nested too deeply.
 */
export function effectiveConfig(config: unknown, apiVersion: ApiVersion): ParseConfig {
  if (config !== undefined && config !== null && !isPlainObject(config)) {
    throw new RefusedRequest(400, 'config must be an object', 'INVALID_CONFIG_OPTIONS');
  }
  if (isDeeperThan(config, MAX_CONFIG_LEVELS)) {
    const message = `config must have at most ${MAX_CONFIG_LEVELS} levels`;
    throw new RefusedRequest(400, message, 'INVALID_CONFIG_OPTIONS');
  }
  const merged = mergeDefaults(DEFAULTS[apiVersion], config ?? {}) as ParseConfig;
  const chunking = merged.chunkingStrategy?.type;
  if (merged.target === 'spatial' && chunking !== 'page') {
    throw new RefusedRequest(
      400,
      `target spatial supports page chunking only, got ${chunking}`,
      'INVALID_CONFIG_OPTIONS',
    );
  }
  if (chunking !== 'page' && chunking !== 'document' && chunking !== 'section') {
    const message = `chunkingStrategy.type must be page, document or section, got ${JSON.stringify(chunking)}`;
    throw new RefusedRequest(400, message, 'INVALID_CONFIG_OPTIONS');
  }
  checkPageRanges(merged.advancedOptions?.pageRanges);
  return merged;
}

function checkPageRanges(ranges: unknown): void {
  if (ranges === undefined || ranges === null) return;
  const valid =
    Array.isArray(ranges) &&
    ranges.every((range: unknown) => {
      if (!isPlainObject(range)) return false;
      const { start = 1, end = Number.MAX_SAFE_INTEGER } = range;
      return Number.isInteger(start) && Number.isInteger(end) && Number(start) >= 1 && Number(end) >= Number(start);
    });
  if (!valid) {
    const message = 'advancedOptions.pageRanges must be a list of { start, end }, 1-based, with start at most end';
    throw new RefusedRequest(400, message, 'INVALID_CONFIG_OPTIONS');
  }
}

function mergeDefaults(defaults: unknown, given: unknown): unknown {
  if (given === undefined || given === null) return defaults;
  if (!isPlainObject(defaults) || !isPlainObject(given)) return given;
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(given)) merged[name] = mergeDefaults(defaults[name], value);
  return merged;
}

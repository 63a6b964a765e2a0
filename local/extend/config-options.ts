import type { ApiVersion } from '../../contract/extend/parse-api';
import { isPlainObject } from '../../json';

/** The values that an option of the API accepts. */
export interface OptionRule {
  /** The accepted values in words, as in "must be true or false". */
  readonly accepted: string;
  readonly accepts: (value: unknown) => boolean;
  /** Only version of the API that has the option. @default every version */
  readonly onlyIn?: ApiVersion;
  /** Tells if the emulator parses as if the option did not have this value. @default every value is honoured */
  readonly isIgnored?: (value: unknown) => boolean;
}

const SWITCH: OptionRule = { accepted: 'true or false', accepts: (value) => typeof value === 'boolean' };
const TEXT: OptionRule = { accepted: 'a string', accepts: (value) => typeof value === 'string' };
const NEW = { onlyIn: '2026-02-09' } as const;
const OLD = { onlyIn: '2025-04-21' } as const;
/** The emulator cannot do what the option switches on. */
const UNABLE = { isIgnored: (value: unknown) => value !== false };
/** The emulator cannot do what the option switches off. */
const ALWAYS = { isIgnored: (value: unknown) => value === false };

function oneOf(...words: readonly string[]): OptionRule {
  const accepted = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return { accepted, accepts: (value) => words.includes(value as string) };
}

function integerFrom(least: number): OptionRule {
  return { accepted: `an integer of at least ${least}`, accepts: (value) => isIntegerFrom(least, value) };
}

function isIntegerFrom(least: number, value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

/** A range of pages; `isRequired` tells if it must have both bounds. */
function isRange(range: unknown, isRequired: boolean): boolean {
  if (!isPlainObject(range)) return false;
  const { start = isRequired ? undefined : 1, end = isRequired ? undefined : Number.MAX_SAFE_INTEGER } = range;
  return isIntegerFrom(1, start) && isIntegerFrom(1, end) && Number(end) >= Number(start);
}

function pageRanges(isRequired: boolean): OptionRule {
  return {
    accepted: 'a list of { start, end }, 1-based, with start at most end',
    accepts: (value) => Array.isArray(value) && value.every((range) => isRange(range, isRequired)),
  };
}

/** Version 2026-02-09 requires both bounds of a range. */
const PAGE_RANGES = 'advancedOptions.pageRanges';

const AGENTIC = {
  enabled: { ...SWITCH, ...UNABLE },
  customInstructions: { ...TEXT, ...UNABLE },
};

/**
 * The options of a parse configuration, by path. A path that is the beginning of others is a group.
 *
 * Sources: the types of the vendor's SDKs of both versions. Options of an earlier SDK that the documentation calls
 * deprecated stay options.
 */
export const CONFIG_OPTIONS: Readonly<Record<string, OptionRule>> = {
  target: oneOf('markdown', 'spatial'),
  engine: oneOf('parse_performance', 'parse_light', 'parse_auto'),
  engineVersion: { ...TEXT, ...NEW, isIgnored: (value) => value !== 'latest' },
  'chunkingStrategy.type': oneOf('page', 'document', 'section'),
  'chunkingStrategy.options.minCharacters': integerFrom(0),
  'chunkingStrategy.options.maxCharacters': integerFrom(1),
  'blockOptions.figures.enabled': SWITCH,
  'blockOptions.figures.figureImageClippingEnabled': SWITCH,
  'blockOptions.figures.advancedChartExtractionEnabled': { ...SWITCH, ...NEW, ...UNABLE },
  'blockOptions.figures.customInstructions': { ...TEXT, ...NEW, ...UNABLE },
  'blockOptions.tables.enabled': SWITCH,
  'blockOptions.tables.targetFormat': oneOf('markdown', 'html'),
  'blockOptions.tables.tableHeaderContinuationEnabled': SWITCH,
  'blockOptions.tables.cellBlocksEnabled': SWITCH,
  'blockOptions.tables.agentic.enabled': AGENTIC.enabled,
  'blockOptions.tables.agentic.customInstructions': AGENTIC.customInstructions,
  'blockOptions.text.signatureDetectionEnabled': SWITCH,
  'blockOptions.text.agentic.enabled': AGENTIC.enabled,
  'blockOptions.text.agentic.customInstructions': AGENTIC.customInstructions,
  'blockOptions.keyValue.blankFieldFormattingEnabled': { ...SWITCH, ...NEW, ...UNABLE },
  'blockOptions.barcodes.imageClippingEnabled': { ...SWITCH, ...NEW, ...UNABLE },
  'blockOptions.barcodes.readingEnabled': { ...SWITCH, ...NEW, ...UNABLE },
  'blockOptions.formulas.enabled': { ...SWITCH, ...NEW, ...UNABLE },
  'advancedOptions.pageRotationEnabled': SWITCH,
  'advancedOptions.agenticOcrEnabled': { ...SWITCH, ...OLD, ...UNABLE },
  [PAGE_RANGES]: pageRanges(false),
  'advancedOptions.excelParsingMode': { ...oneOf('basic', 'advanced'), isIgnored: (value) => value === 'advanced' },
  'advancedOptions.excelSkipHiddenContent': SWITCH,
  'advancedOptions.excelUseRawCellValues': SWITCH,
  'advancedOptions.excelSkipCalculation': { ...SWITCH, ...ALWAYS },
  'advancedOptions.excelIncludeCellMetadata': { ...SWITCH, ...NEW, ...UNABLE },
  'advancedOptions.excelIncludeCellFormatting': { ...SWITCH, ...NEW, ...UNABLE },
  'advancedOptions.alwaysConvertToPdf': { ...SWITCH, ...UNABLE },
  'advancedOptions.verticalGroupingThreshold': {
    accepted: 'a number from 0.1 to 5',
    accepts: (value) => typeof value === 'number' && value >= 0.1 && value <= 5,
    isIgnored: (value) => value !== 1,
  },
  'advancedOptions.returnOcr.words': SWITCH,
  'advancedOptions.returnOcr.lines': { ...SWITCH, ...NEW, ...UNABLE },
  'advancedOptions.enrichmentFormat': { ...oneOf('xml', 'bracket'), ...NEW, ...UNABLE },
  'advancedOptions.imageConversionQuality': { ...oneOf('high', 'medium', 'low'), ...NEW, ...UNABLE },
  'advancedOptions.formattingDetection': {
    accepted: 'a list of { type: "change_tracking" }',
    accepts: (value) =>
      Array.isArray(value) && value.every((item) => isPlainObject(item) && item['type'] === 'change_tracking'),
    ...NEW,
    isIgnored: (value) => (value as readonly unknown[]).length > 0,
  },
};

/** Returns the rule of an option; `undefined` if the version has no option of that path. */
export function optionRule(path: string, apiVersion: ApiVersion): OptionRule | undefined {
  if (!Object.hasOwn(CONFIG_OPTIONS, path)) return undefined;
  if (path === PAGE_RANGES) return pageRanges(apiVersion === '2026-02-09');
  const rule = CONFIG_OPTIONS[path];
  return rule?.onlyIn === undefined || rule.onlyIn === apiVersion ? rule : undefined;
}

/** Tells if the version has options below that path. */
export function isOptionGroup(path: string, apiVersion: ApiVersion): boolean {
  const paths = Object.keys(CONFIG_OPTIONS).filter((option) => option.startsWith(`${path}.`));
  return paths.some((option) => optionRule(option, apiVersion) !== undefined);
}

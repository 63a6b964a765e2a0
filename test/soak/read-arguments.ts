import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { API_VERSIONS, DEFAULT_API_VERSION, type ApiVersion } from '../../contract/extend';
import type { Losses } from './faults';
import type { Engine, Mode } from './planned-document';

/** The arguments of `npm run soak`. */
export interface SoakArguments {
  readonly documents: number;
  readonly seed: string;
  readonly mode: Mode | 'both';
  readonly engine: Engine | 'both';
  /** Version of Extend's API in which the workers submit; `both`: one worker in each. */
  readonly apiVersion: ApiVersion | 'both';
  /** Share of the answers to submits that are lost. */
  readonly losses: Losses;
  /** Longest time until a run is listed, in milliseconds. */
  readonly maxListLagMs: number;
  /** Number of runs that others create in the same workspace. */
  readonly foreignRuns: number;
  readonly limitMs: number;
}

/** An argument is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text that `--help` prints. */
export const USAGE = `npm run soak -- [--documents N] [--seed S] [--mode resubmit|fail|both] [--engine timer|retry|both] [--api-version V]
            [--losses some|many] [--max-list-lag-ms T] [--foreign-runs N] [--minutes-limit M]

  --documents      number of documents (default 200)
  --seed           a word that repeats a plan (default: a new one)
  --mode           onAmbiguousSubmit of the documents (default both: drawn per document)
  --engine         polling.engine of the documents (default both: drawn per document)
  --api-version    version of Extend's API in which the workers submit: ${[...API_VERSIONS, 'both'].join(', ')}
                   (default ${DEFAULT_API_VERSION}; both: one worker in each)
  --losses         share of the answers to submits that are lost (default some; many: a fifth before and a fifth after the
                   run was created, and runs are looked for during 60 s instead of 5 s)
  --max-list-lag-ms  longest time until a run is listed; each document draws its own (default 0)
  --foreign-runs   number of runs that others create, with equal names and forged metadata (default 0)
  --minutes-limit  a document that has not ended after M minutes is lost (default 10)`;

const MAX_DOCUMENTS = 10_000;
const MAX_MINUTES = 24 * 60;
const MAX_LIST_LAG_MS = 600_000;

/** Parses the arguments; `undefined` if they ask for help. @throws UsageError that names the option and its rule */
export function readArguments(args: readonly string[]): SoakArguments | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    documents: number('documents', values.documents, { min: 1, max: MAX_DOCUMENTS, whole: true }),
    seed: seed(values.seed),
    mode: oneOf('mode', values.mode, ['resubmit', 'fail', 'both']),
    engine: oneOf('engine', values.engine, ['timer', 'retry', 'both']),
    apiVersion: oneOf('api-version', values['api-version'], [...API_VERSIONS, 'both']),
    losses: oneOf('losses', values.losses, ['some', 'many']),
    maxListLagMs: number('max-list-lag-ms', values['max-list-lag-ms'], { min: 0, max: MAX_LIST_LAG_MS, whole: true }),
    foreignRuns: number('foreign-runs', values['foreign-runs'], { min: 0, max: MAX_DOCUMENTS, whole: true }),
    limitMs: number('minutes-limit', values['minutes-limit'], { min: 0.1, max: MAX_MINUTES, whole: false }) * 60_000,
  };
}

/** The command that repeats a plan. */
export function repeatCommand(given: SoakArguments): string {
  const { documents, seed: word, mode, engine, apiVersion, losses, maxListLagMs, foreignRuns } = given;
  const lists = losses === 'some' && maxListLagMs === 0 && foreignRuns === 0 ? '' : listOptions(given);
  return `npm run soak -- --documents ${documents} --seed ${word} --mode ${mode} --engine ${engine} --api-version ${apiVersion}${lists}`;
}

function listOptions({ losses, maxListLagMs, foreignRuns }: SoakArguments): string {
  return ` --losses ${losses} --max-list-lag-ms ${maxListLagMs} --foreign-runs ${foreignRuns}`;
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        documents: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(randomInt(2 ** 32)) },
        mode: { type: 'string', default: 'both' },
        engine: { type: 'string', default: 'both' },
        'api-version': { type: 'string', default: DEFAULT_API_VERSION },
        losses: { type: 'string', default: 'some' },
        'max-list-lag-ms': { type: 'string', default: '0' },
        'foreign-runs': { type: 'string', default: '0' },
        'minutes-limit': { type: 'string', default: '10' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Checks a seed. It must fit into a printed command line and into the name of a directory. */
function seed(value: string): string {
  if (!/^[\w-]{1,40}$/.test(value)) throw new UsageError(`--seed must be letters, digits, - and _, got '${value}'`);
  return value;
}

function number(name: string, text: string, rule: { min: number; max: number; whole: boolean }): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const fits = value >= rule.min && value <= rule.max && (!rule.whole || Number.isInteger(value));
  if (!fits) {
    throw new UsageError(
      `--${name} must be a ${rule.whole ? 'whole ' : ''}number from ${rule.min} to ${rule.max}, got '${text}'`,
    );
  }
  return value;
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(', ')}, got '${text}'`);
  return found;
}

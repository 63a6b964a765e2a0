import type { ParseActivitiesOptions } from '../activities';
import type { Environment } from '../contract';
import { isHttpUrl } from '../contract/extend';
import { defined } from '../json';
import { redact } from '../privacy';

/** Reads a variable that names one of these words, in any case of letters. */
export function readWord<Word extends string>(
  env: Environment,
  name: string,
  words: readonly Word[],
  problems: string[],
): Word | undefined {
  const text = env[name];
  const word = words.find((each) => each.toLowerCase() === text?.toLowerCase());
  if (text !== undefined && word === undefined)
    problems.push(`${name} must be one of ${words.join(', ')}, got '${redact(text)}'`);
  return word;
}

/** Reads a variable that is a decimal number, and checks it against a rule. */
export function readNumber(
  env: Environment,
  name: string,
  rule: (value: number) => boolean,
  words: string,
  problems: string[],
): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!rule(value)) problems.push(`${name} must be ${words}, got '${redact(text)}'`);
  return value;
}

/** Tells if a number is whole. */
export const isWhole = (value: number): boolean => Number.isSafeInteger(value);
/** Tells if a number is whole and positive. */
export const isPositiveWhole = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
/** Tells if a number is positive and finite. */
export const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0;

/**
 * Reads the proxy for requests to Extend. As in other programs, the name in lower case has precedence, and a value
 * without a scheme names an `http:` proxy. No message shows the value, because it may hold a password.
 */
export function readProxy(env: Environment, problems: string[]): ParseActivitiesOptions['proxy'] {
  const value = env['https_proxy'] ?? env['HTTPS_PROXY'];
  if (value === undefined) return undefined;
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!isHttpUrl(url)) problems.push('HTTPS_PROXY must be the http: or https: URL of a proxy (the value is not shown)');
  return { url, ...defined({ noProxy: env['no_proxy'] ?? env['NO_PROXY'] }) };
}

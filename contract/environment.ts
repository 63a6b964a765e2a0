/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Removes variables that are empty or white space, and trims the others. Some deployments set an empty value for an
 * absent variable.
 */
export function withoutBlanks(environment: Environment): Readonly<Record<string, string>> {
  const entries = Object.entries(environment).flatMap(([name, value = '']) =>
    value.trim() === '' ? [] : [[name, value.trim()]],
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

import { InvalidArgumentError } from 'commander';

const MAX_PORT = 65_535;

/** Parses the value of an option that names a TCP port. 0 means a free port. */
export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > MAX_PORT) {
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${MAX_PORT}.`);
  }
  return port;
}

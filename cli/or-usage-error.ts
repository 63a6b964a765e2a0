import { ConfigurationError } from '../worker';
import { usageError } from './exit-status';

/** Reads configuration, and turns an error in it into wrong usage of the command. */
export function orUsageError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ConfigurationError ? usageError(error.message) : error;
  }
}

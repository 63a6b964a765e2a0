import { defined } from '../json';
import { EXIT_STATUS, type ExitStatus, usageError } from './exit-status';
import { listenForInterruption, untilAborted } from './interruption';
import { startEmulatorOn } from './start-emulator-on';

/** Options of `extend-parse emulator`. */
export interface EmulatorArguments {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Keys that the emulator accepts. @default any key */
  readonly apiKey?: readonly string[];
  /** Largest number of requests per second. @default no limit */
  readonly requestsPerSecond?: number;
  /** Largest number of runs per minute. @default no limit */
  readonly runsPerMinute?: number;
}

/**
 * `extend-parse emulator`: runs a local Extend API until a signal ends it. Prints `listening on <url>` once it answers.
 *
 * @throws CommandError if the port is taken or not permitted, and for an empty key.
 */
export async function emulatorCommand(given: EmulatorArguments): Promise<ExitStatus> {
  const { port, apiKey: apiKeys = [], requestsPerSecond, runsPerMinute } = given;
  if (apiKeys.some((key) => key.trim() === '')) throw usageError('--api-key must not be empty');
  const interruption = listenForInterruption();
  const rateLimits = defined({ requestsPerSecond, runsPerMinute });
  const emulator = await startEmulatorOn(port, { apiKeys, rateLimits });
  console.log(`listening on ${emulator.url}`);
  await untilAborted(interruption.signal);
  await emulator.close();
  return EXIT_STATUS.success;
}

import { EXIT_STATUS, type ExitStatus } from './exit-status';
import { listenForInterruption, untilAborted } from './interruption';
import { startEmulatorOn } from './start-emulator-on';

/**
 * `extend-parse emulator`: runs a local Extend API until a signal ends it. Prints `listening on <url>` once it answers.
 *
 * @throws CommandError if the port is taken or not permitted.
 */
export async function emulatorCommand({ port }: { readonly port: number }): Promise<ExitStatus> {
  const interruption = listenForInterruption();
  const emulator = await startEmulatorOn(port);
  console.log(`listening on ${emulator.url}`);
  await untilAborted(interruption.signal);
  await emulator.close();
  return EXIT_STATUS.success;
}

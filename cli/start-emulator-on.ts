import { startEmulator, type Emulator, type EmulatorOptions } from '../local/extend';
import { CommandError, EXIT_STATUS } from './exit-status';

/** Starts an emulator on a port of loopback. @throws CommandError if the port is taken or not permitted */
export async function startEmulatorOn(port: number, options: EmulatorOptions = {}): Promise<Emulator> {
  return startEmulator({ ...options, port }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'it is in use' : error.message;
    throw new CommandError({ message: `cannot listen on port ${port}: ${reason}`, exitStatus: EXIT_STATUS.failure });
  });
}

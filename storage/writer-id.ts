import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const MACHINE_LENGTH = 8;
/** Form of a {@link writerId}. */
export const WRITER_ID = /^([\da-f]{8})-(\d+)$/;

/**
 * Gives the id of a process that writes to a directory. Machines and containers may share the directory, so the id
 * consists of the boot of the machine, the pid namespace and the pid.
 */
export function writerId(pid: number): string {
  return `${MACHINE}-${pid}`;
}

/**
 * Tells if the process of a {@link writerId} has certainly ended. For a process of another machine or container the
 * answer is no.
 */
export function writerHasEnded(id: string): boolean {
  const [, machine, pid] = WRITER_ID.exec(id) ?? [];
  if (machine !== MACHINE) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

const MACHINE = createHash('sha256').update(describeMachine()).digest('hex').slice(0, MACHINE_LENGTH);

/**
 * Describes the machine: on Linux by boot and pid namespace. Elsewhere the host name is enough, because only Linux has
 * pid namespaces.
 */
function describeMachine(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')}${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { WorkerConfiguration } from '../worker';
import type { Finding } from './finding';

/**
 * Writes a file into the result directory and removes it. A directory that does not exist stays so: the worker would
 * create it, and its name may be a typing error.
 */
export async function checkResultStore({ activities: { resultDirectory } }: WorkerConfiguration): Promise<Finding> {
  const subject = 'result store';
  if (resultDirectory === undefined) {
    return { state: 'skipped', subject, says: "none; result: 'stored' needs EXTEND_PARSE_RESULT_DIR" };
  }
  const probe = join(resultDirectory, `.extend-parse-doctor-${randomUUID()}`);
  try {
    if (await isMissing(resolve(resultDirectory))) {
      const remedy = 'Correct EXTEND_PARSE_RESULT_DIR if the name is wrong, or create the directory.';
      return { state: 'warning', subject, says: `${resultDirectory} does not exist; a worker creates it`, remedy };
    }
    await writeFile(probe, '');
    await rm(probe);
    return { state: 'ok', subject, says: `${resultDirectory} can be written` };
  } catch (error) {
    const remedy = 'Set EXTEND_PARSE_RESULT_DIR to a directory that the worker may write and that all readers see.';
    return { state: 'wrong', subject, says: (error as Error).message, remedy };
  }
}

/** Tells if a directory is missing and can be created. @throws the error of a directory that cannot be created or read */
async function isMissing(directory: string): Promise<boolean> {
  try {
    await access(directory);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const parent = dirname(directory);
    if (!(await isMissing(parent))) await access(parent, constants.W_OK | constants.X_OK);
    return true;
  }
}

/** Checks that the directory of sources can be read. */
export async function checkSourceDirectory({ activities }: WorkerConfiguration): Promise<Finding> {
  const { sourceDirectory } = activities;
  const subject = 'source directory';
  if (sourceDirectory === undefined) {
    return { state: 'skipped', subject, says: 'none; file: sources need EXTEND_PARSE_SOURCE_DIR' };
  }
  try {
    await access(sourceDirectory, constants.R_OK | constants.X_OK);
    return { state: 'ok', subject, says: `${sourceDirectory} can be read` };
  } catch (error) {
    const remedy = 'Set EXTEND_PARSE_SOURCE_DIR to a directory that the worker may read.';
    return { state: 'wrong', subject, says: (error as Error).message, remedy };
  }
}

/** The members of this package's `package.json` that the checks use. */
export interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The installed versions of Node and of Temporal's packages, by name. */
export function installedVersions(): Readonly<Record<string, string>> {
  const manifests = [
    require('@temporalio/common/package.json'),
    require('@temporalio/client/package.json'),
    require('@temporalio/worker/package.json'),
    require('@temporalio/activity/package.json'),
    require('@temporalio/workflow/package.json'),
  ] as { name: string; version: string }[];
  return Object.fromEntries([
    ['node', process.versions.node],
    ...manifests.map(({ name, version }) => [name, version] as const),
  ]);
}

/** Checks that Node is new enough, and that Temporal's packages have one version, as Temporal's SDK requires. */
export function checkVersions(versions: Readonly<Record<string, string>>, { engines, version }: Manifest): Finding {
  const subject = 'versions';
  const { node = '', ...temporal } = versions;
  const says = Object.entries(versions).map(([name, installed]) => `${name} ${installed}`);
  if (!isAtLeast(node, engines.node.replace('>=', ''))) {
    const remedy = `Use Node ${engines.node}.`;
    return { state: 'wrong', subject, says: `node ${node} is too old`, remedy };
  }
  if (new Set(Object.values(temporal)).size > 1) {
    const remedy =
      'Install all @temporalio packages in the same version: npm ls @temporalio/common shows which package requires which version.';
    return { state: 'wrong', subject, says: says.slice(1).join(', '), remedy };
  }
  const [sdk = ''] = Object.values(temporal);
  return { state: 'ok', subject, says: `temporal-extend-parse ${version}, node ${node}, Temporal's SDK ${sdk}` };
}

function isAtLeast(version: string, least: string): boolean {
  const [one, other] = [version, least].map((text) => text.split('.').map(Number));
  const position = one?.findIndex((part, index) => part !== other?.[index]) ?? -1;
  return position === -1 || (one?.[position] ?? 0) > (other?.[position] ?? 0);
}

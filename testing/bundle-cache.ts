import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { serverCacheDirectory } from '../local/temporal';

/** A bundle of workflows, and what it was made of. */
interface CachedBundle {
  /** Version of `@temporalio/worker`: a bundle is for the one that made it. */
  readonly bundler: string;
  /** All that the bundler read or looked for in vain, by path: the hash of the content, or the error. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly code: string;
}

/** The kept bundle of a file of workflows, if it would come out the same today. */
export async function readBundle(workflowsPath: string): Promise<string | undefined> {
  try {
    const kept = JSON.parse(await readFile(cachePath(workflowsPath), 'utf8')) as CachedBundle;
    if (kept.bundler !== bundlerVersion()) return undefined;
    const isSame = Object.entries(kept.inputs).every(([path, before]) => fingerprint(path) === before);
    return isSame ? kept.code : undefined;
  } catch {
    // None was kept, or it is not readable: bundling gives one.
    return undefined;
  }
}

/** What the bundler took from the disk. */
export interface BundleInputs {
  /** The sources, by path: their fingerprints just before the bundler read them. */
  readonly sources: ReadonlyMap<string, string>;
  /** All that it read or looked for in vain, sources or not. */
  readonly paths: Iterable<string>;
}

/**
 * Keeps a bundle beside the servers that were fetched, one per file of workflows. Without a place to write, it does not. A
 * source that was saved after the bundler had read it counts as it was, so that the bundle is not taken for one of today.
 */
export async function keepBundle(workflowsPath: string, code: string, { sources, paths }: BundleInputs): Promise<void> {
  const path = cachePath(workflowsPath);
  const unfinished = `${path}.${randomUUID()}`;
  const others = [...paths].filter((input) => !sources.has(input));
  const inputs = Object.fromEntries([...sources, ...others.map((input) => [input, fingerprint(input)] as const)]);
  const bundle: CachedBundle = { bundler: bundlerVersion(), inputs, code };
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, JSON.stringify(bundle));
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** Hash of a file's content, or why it cannot be read. */
export function fingerprint(path: string): string {
  try {
    return sha256(readFileSync(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function cachePath(workflowsPath: string): string {
  return join(serverCacheDirectory(process.env), 'workflow-bundles', `${sha256(workflowsPath)}.json`);
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function bundlerVersion(): string {
  const { version } = require('@temporalio/worker/package.json') as { readonly version: string };
  return version;
}

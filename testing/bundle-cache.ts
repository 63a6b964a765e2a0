import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { serverCacheDirectory } from '../local/temporal';
import { temporalVersion } from '../worker/workflow-source';

/** A bundle of workflows, with the inputs that it was made of. */
interface CachedBundle {
  /** Version of `@temporalio/worker` that made the bundle. The bundle is for this version only. */
  readonly bundler: string;
  /** Fingerprint of every file that the bundler read or did not find, by path. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly code: string;
}

/** Reads the kept bundle of a file of workflows; `undefined` if bundling would give another one today. */
export async function readBundle(workflowsPath: string): Promise<string | undefined> {
  try {
    const kept = JSON.parse(await readFile(cachePath(workflowsPath), 'utf8')) as CachedBundle;
    if (kept.bundler !== temporalVersion()) return undefined;
    const isSame = Object.entries(kept.inputs).every(([path, before]) => fingerprint(path) === before);
    return isSame ? kept.code : undefined;
  } catch {
    // No bundle was kept, or it is not readable. The caller makes a new one.
    return undefined;
  }
}

/** The files that the bundler read or did not find. */
export interface BundleInputs {
  /** Fingerprints of the sources just before the bundler read them, by path. */
  readonly sources: ReadonlyMap<string, string>;
  /** Paths of all files that it read or did not find, sources included. */
  readonly paths: Iterable<string>;
}

/**
 * Keeps a bundle in the cache of fetched servers, one per file of workflows. If the cache is not writable, it keeps
 * nothing. A source that was saved after the bundler had read it is kept with its earlier fingerprint, so that the
 * bundle is not taken for one of the new source.
 */
export async function keepBundle(workflowsPath: string, code: string, { sources, paths }: BundleInputs): Promise<void> {
  const path = cachePath(workflowsPath);
  const unfinished = `${path}.${randomUUID()}`;
  const others = [...paths].filter((input) => !sources.has(input));
  const inputs = Object.fromEntries([...sources, ...others.map((input) => [input, fingerprint(input)] as const)]);
  const bundle: CachedBundle = { bundler: temporalVersion(), inputs, code };
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, JSON.stringify(bundle));
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** Returns the hash of a file's content, or the error code if the file cannot be read. */
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

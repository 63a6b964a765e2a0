import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { serverCacheDirectory } from '../local';

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
    const inputs = await fingerprints(Object.keys(kept.inputs));
    const isSame = Object.entries(inputs).every(([path, fingerprint]) => kept.inputs[path] === fingerprint);
    return isSame ? kept.code : undefined;
  } catch {
    // None was kept, or it is not readable: bundling gives one.
    return undefined;
  }
}

/** Keeps a bundle beside the servers that were fetched, one per file of workflows. Without a place to write, it does not. */
export async function keepBundle(workflowsPath: string, code: string, inputs: Iterable<string>): Promise<void> {
  const path = cachePath(workflowsPath);
  const unfinished = `${path}.${randomUUID()}`;
  const bundle: CachedBundle = { bundler: bundlerVersion(), inputs: await fingerprints(inputs), code };
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, JSON.stringify(bundle));
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

function cachePath(workflowsPath: string): string {
  return join(serverCacheDirectory(process.env), 'workflow-bundles', `${sha256(workflowsPath)}.json`);
}

async function fingerprints(paths: Iterable<string>): Promise<Record<string, string>> {
  const entries = [...paths].map(async (path) => [path, await fingerprint(path)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function fingerprint(path: string): Promise<string> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function bundlerVersion(): string {
  const { version } = require('@temporalio/worker/package.json') as { readonly version: string };
  return version;
}

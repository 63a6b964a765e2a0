import { execFileSync } from 'node:child_process';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');
/** Prints the files that an entry of the package loads. */
const listLoaded = (entry: string) =>
  `require('./dist/${entry}'); console.log(JSON.stringify(Object.keys(require.cache)))`;

describe.each([
  ['client', 'client/parse-client.js', ['client', 'contract', 'json', 'privacy', 'storage', 'workflows']],
  ['webhook', 'webhook/create-webhook-handler.js', ['contract', 'json', 'privacy', 'webhook', 'workflows']],
])('the built entry %s', (entry, file, folders) => {
  it('loads no worker code, native code or HTTP client', () => {
    const output = execFileSync(process.execPath, ['-e', listLoaded(entry)], { cwd: ROOT, encoding: 'utf8' });
    const files = (JSON.parse(output) as string[]).map((path) => relative(ROOT, path).split(sep).join('/'));
    expect(files).toContain(`dist/${file}`);
    const own = files.flatMap((path) => /^dist\/([^/]+)\//.exec(path)?.[1] ?? []);
    expect([...new Set(own)].sort()).toEqual(folders);
    const temporal = files.flatMap((path) => /node_modules\/@temporalio\/([^/]+)\//.exec(path)?.[1] ?? []);
    expect(temporal).toContain('client');
    for (const name of ['worker', 'core-bridge', 'testing', 'activity']) expect(temporal).not.toContain(name);
    expect(files.filter((path) => path.endsWith('.node'))).toEqual([]);
  });
});

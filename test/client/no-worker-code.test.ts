import { execFileSync } from 'node:child_process';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');
const LIST_LOADED = "require('./dist/client'); console.log(JSON.stringify(Object.keys(require.cache)))";

describe('the built client', () => {
  it('loads no worker code, native code or HTTP client', () => {
    const output = execFileSync(process.execPath, ['-e', LIST_LOADED], { cwd: ROOT, encoding: 'utf8' });
    const files = (JSON.parse(output) as string[]).map((file) => relative(ROOT, file).split(sep).join('/'));
    expect(files).toContain('dist/client/parse-client.js');
    const own = files.flatMap((file) => /^dist\/([^/]+)\//.exec(file)?.[1] ?? []);
    expect([...new Set(own)].sort()).toEqual(['client', 'contract', 'json', 'privacy', 'storage', 'workflows']);
    const temporal = files.flatMap((file) => /node_modules\/@temporalio\/([^/]+)\//.exec(file)?.[1] ?? []);
    expect(temporal).toContain('client');
    for (const name of ['worker', 'core-bridge', 'testing', 'activity']) expect(temporal).not.toContain(name);
    expect(files.filter((file) => file.endsWith('.node'))).toEqual([]);
  });
});

/** docs/embedding.md has a reason for each dependency, and the size of the tarball. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { MANIFEST, ROOT } from '../package/packed-project';

const page = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
const MEGABYTE = 1_000_000;

it('each run-time dependency has its reason, and there are at most five', () => {
  const [, installed = ''] = page.split('## What is installed');
  const named = [...installed.matchAll(/^\| `([^`]+)` \| \S/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(Object.keys(MANIFEST.dependencies).sort());
  expect(named.length).toBeLessThanOrEqual(5);
});

it('the tarball has the size that the page gives', () => {
  const [, packedMb, unpackedMb] = /about ([\d.]+) MB, unpacked ([\d.]+) MB/.exec(page) ?? [];
  const args = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const answer = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [{ size, unpackedSize }] = JSON.parse(answer) as [{ size: number; unpackedSize: number }];
  expect(Math.abs(size / MEGABYTE - Number(packedMb))).toBeLessThan(0.15);
  expect(Math.abs(unpackedSize / MEGABYTE - Number(unpackedMb))).toBeLessThan(0.3);
});

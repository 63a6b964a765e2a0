/** Risk tested here: URLs with their signatures stay on the disk after a batch, where other users can read them. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startEmulator, type Emulator } from '../../local/extend';
import { createDevEnv, devServerAddress } from '../support/servers';
import { Workplace } from './run-command';

const SIGNATURE = 'SIGCANARY';

describe('extend-parse batch', () => {
  let workplace: Workplace;
  let emulator: Emulator;
  let temporal: TestWorkflowEnvironment;
  beforeAll(async () => {
    workplace = new Workplace();
    emulator = await startEmulator();
    temporal = await createDevEnv();
  });
  afterAll(async () => {
    await emulator.close();
    await temporal.teardown();
    workplace.remove();
  });

  const env = () => ({
    TEMPORAL_ADDRESS: devServerAddress(),
    EXTEND_API_KEY: 'secret-key',
    EXTEND_BASE_URL: emulator.url,
  });
  const pathOf = (...path: string[]) => join(workplace.directory, ...path);
  const modeOf = (...path: string[]) => statSync(pathOf(...path)).mode & 0o777;

  /** Files that hold the signature, by their path below the directory. Stored results are the documents themselves. */
  function leaksIn(directory: string): string[] {
    const files = readdirSync(pathOf(directory), { recursive: true, encoding: 'utf8' });
    const lists = files.filter((name) => name.endsWith('.jsonl'));
    return lists.filter((name) => readFileSync(pathOf(directory, name), 'utf8').includes(SIGNATURE));
  }

  it('keeps its list private while it runs, and deletes it when all documents have ended', async () => {
    mkdirSync(pathOf('out', '.extend-parse'), { recursive: true });
    chmodSync(pathOf('out', '.extend-parse'), 0o755);
    const urls = ['ok?reads=3', 'failing?reads=0'].map((name) => `http://emulator.invalid/${name}&sig=${SIGNATURE}`);
    const args = ['batch', ...urls, '--key', 'private'];
    const command = workplace.start([...args, '--out', 'out'], { env: env() });
    await command.waitFor(/^batch private$/m);
    expect([modeOf('out/.extend-parse'), modeOf('out/.extend-parse/private.jsonl')]).toEqual([0o700, 0o600]);
    expect(readFileSync(pathOf('out/.extend-parse/private.jsonl'), 'utf8')).toContain(SIGNATURE);
    expect((await command.ended).stdout).toContain('1 parsed, 1 failed, of 2');
    expect(leaksIn('out')).toEqual([]);
    expect(modeOf('out/.extend-parse/results')).toBe(0o700);
    const [again, elsewhere] = await Promise.all(
      ['out', 'elsewhere'].map((out) => workplace.run([...args, '--out', out], { env: env() })),
    );
    // One document has failed. Its files in --out do not keep a batch from being repeated.
    expect(again).toMatchObject({ status: 1, stderr: '', stdout: expect.stringContaining('1 results in out;') });
    expect(elsewhere?.status).toBe(2);
    expect(elsewhere?.stderr).toContain("the key 'private' belongs to a batch of another --out");
    expect([...leaksIn('out'), ...leaksIn('elsewhere')]).toEqual([]);
    expect(emulator.runs).toHaveLength(2);
  });

  it('keeps its list while the batch goes on at a configured server, and leaves the permissions of --out', async () => {
    const url = `http://emulator.invalid/never?sig=${SIGNATURE}`;
    const command = workplace.start(['batch', url, '--out', 'new/kept', '--key', 'kept'], { env: env() });
    await command.waitFor(/1 documents?, 1 in flight/);
    expect([modeOf('new/kept'), modeOf('new/kept/.extend-parse')]).toEqual([0o777 & ~process.umask(), 0o700]);
    command.child.kill('SIGINT');
    expect((await command.ended).status).toBe(130);
    expect(existsSync(pathOf('new/kept/.extend-parse/kept.jsonl'))).toBe(true);
    await temporal.client.workflow.getHandle('kept').terminate();
  });
});

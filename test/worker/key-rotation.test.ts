import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { createParseTestEnvironment, httpReply, type EmulatorRequest } from '../../testing';
import { readWorkerConfiguration } from '../../worker';

it('a key that is rotated while a workflow waits for a run is used without a restart of the worker', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rotation-'));
  const keyFile = join(directory, 'key');
  await writeFile(keyFile, 'old-key\n');
  const { activities } = readWorkerConfiguration({ EXTEND_API_KEY_FILE: keyFile });
  const refuseOldKey = async ({ operation, headers }: EmulatorRequest) => {
    if (operation === 'submit' || headers['authorization'] !== 'Bearer old-key') return undefined;
    await writeFile(keyFile, 'new-key\n');
    return httpReply({ status: 401, json: { error: 'Unauthorized' } });
  };
  await using parsing = await createParseTestEnvironment({
    faults: refuseOldKey,
    parse: { apiKey: activities.apiKey },
  });
  const input = { file: { fileUrl: 'http://emulator.invalid/ok?reads=0' } };
  await expect(parsing.client.execute(input)).resolves.toMatchObject({ submits: 1 });
  const asked = parsing.emulator.requests.map(({ operation, headers, responseStatus }) => [
    operation,
    headers['authorization'],
    responseStatus,
  ]);
  expect(asked).toEqual([
    ['submit', 'Bearer old-key', 200],
    ['read', 'Bearer old-key', 401],
    ['read', 'Bearer new-key', 200],
    ['result', 'Bearer new-key', 200],
  ]);
  await rm(directory, { recursive: true });
});

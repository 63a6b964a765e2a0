/**
 * The settings for a payload codec on docs/privacy.md work in both module formats: no message of a failure is in the
 * history, and the client reads it.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { KEPT_BUNDLES } from '../support/kept-bundles';
import { createDevEnv, devServerAddress } from '../support/servers';
import { codeBlocks, toCommonJs, toEsModule } from './code-blocks';

/** A directory inside the package, so that an import of the package's name leads to the build, as it does for a user. */
const DIRECTORY = join(__dirname, '../../.cache/encryption');

/** Parses a document that fails, with the settings of the given file, and prints the error that the client throws. */
const PROGRAM = `
import { createRequire } from 'node:module';
const [settings, address, baseUrl, workflowId] = process.argv.slice(2);
const { createClient, createWorker } = createRequire(import.meta.url)('./encrypted.js');
const loaded = await import(settings);
const { encryptedBy } = loaded.default ?? loaded;
const flip = (bytes) => Buffer.from(bytes).map((byte) => byte ^ 0x55);
const ENCODING = Buffer.from('binary/flipped');
const codec = {
  encode: async (payloads) => payloads.map(({ metadata, data }) => ({
    metadata: { encoding: ENCODING, before: metadata.encoding },
    data: flip(data),
  })),
  decode: async (payloads) => payloads.map((payload) => {
    const { encoding, before } = payload.metadata ?? {};
    if (Buffer.compare(Buffer.from(encoding ?? ''), ENCODING) !== 0) return payload;
    return { metadata: { encoding: before }, data: flip(payload.data) };
  }),
};
const dataConverter = encryptedBy(codec);
const client = await createClient(address, dataConverter);
const worker = await createWorker(address, { apiKey: 'test', baseUrl }, dataConverter);
const file = { fileUrl: 'http://emulator.invalid/failing?reads=0' };
const error = await worker.runUntil(client.execute({ file }, { workflowId }).catch((reason) => reason));
console.log(JSON.stringify({ type: error.type, message: error.message }));
process.exit();
`;

let emulator: Emulator;
beforeAll(async () => {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  for (const { name, code } of codeBlocks('docs/privacy.md')) {
    if (name === undefined) continue;
    const compiled = name.endsWith('.mts') ? toEsModule(code) : toCommonJs(code);
    writeFileSync(join(DIRECTORY, name.replace(/ts$/, 'js')), compiled);
  }
  writeFileSync(join(DIRECTORY, 'program.mjs'), PROGRAM);
  emulator = await startEmulator();
});
afterAll(async () => {
  await emulator.close();
  rmSync(DIRECTORY, { recursive: true });
});

describe.each(['./encrypted.js', './encrypted.mjs'])('With the settings of %s', (settings) => {
  it('the message of a failure is encrypted in the history, and the client reads it', async () => {
    const workflowId = `encrypted-by-${settings.slice(2)}`;
    const args = [join(DIRECTORY, 'program.mjs'), settings, devServerAddress(), emulator.url, workflowId];
    const env = { ...process.env, ...KEPT_BUNDLES };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toEqual({
      type: 'ParserRunFailed',
      message: expect.stringMatching(/^Extend ended parser_run_\S+ as FAILED: CORRUPT_FILE/),
    });
    const dev = await createDevEnv();
    const history = await dev.client.workflow.getHandle(workflowId).fetchHistory();
    await dev.teardown();
    const text = JSON.stringify(history);
    expect(text).toContain('Encoded failure');
    expect(text).not.toMatch(/CORRUPT_FILE|as FAILED/);
  });
});

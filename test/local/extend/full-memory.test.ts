/** Risk tested here: a document that fills the memory of its parser ends the emulator, or leaves a process behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../../local/extend';
import { Workplace, type Running } from '../../cli/run-command';
import { parseBytes } from './api-call';
import { honestEntry, makeZip } from './zip-bomb';

const BUILT = resolve(__dirname, '../../../dist/local/extend');

let workplace: Workplace;
beforeAll(() => {
  workplace = new Workplace();
});
afterAll(() => workplace.remove());

/** Writes a program into the workplace. */
function program(name: string, text: string): string {
  const path = join(workplace.directory, name);
  writeFileSync(path, text);
  return path;
}

describe('a document that fills the memory of its parser', () => {
  let running: Running;
  /** The running emulator; the calls need only its address. */
  let emulator: Emulator;

  beforeAll(async () => {
    const text = `
      const { startEmulator } = require(${JSON.stringify(join(BUILT, 'index.js'))});
      startEmulator({ maxParserMemoryMb: 80 }).then(({ url }) => console.log('listening on ' + url));`;
    running = workplace.start([], { script: program('emulator.js', text) });
    const [, url] = /listening on (\S+)\n/.exec(await running.waitFor(/listening on \S+\n/)) ?? [];
    emulator = { url } as Emulator;
  });

  it.each<[string, string, () => Uint8Array]>([
    ['a Word file with one text of 20 MB', 'text.docx', longDocx],
    ['a CSV file whose first line has 1 million columns', 'wide.csv', wideCsv],
  ])('fails its own run only: %s', async (_, name, make) => {
    const run = await parseBytes(emulator, make(), name);
    expect(run.failureReason).toBe('INTERNAL_ERROR: a document needed more than 80 MB to be parsed');
    expect((await parseBytes(emulator, new TextEncoder().encode('next'), 'next.txt')).status).toBe('PROCESSED');
    expect(running.child.exitCode).toBeNull();
  });
});

describe('a parser process whose server was killed', () => {
  const PARSER = JSON.stringify(join(BUILT, 'parser-process.js'));

  /** A program that starts a parser process, which shares its standard output, and sends one message to the process. */
  function server(name: string, execArgv: readonly string[]): string {
    const options = `{ serialization: 'advanced', execArgv: ${JSON.stringify(execArgv)} }`;
    return program(name, `require('node:child_process').fork(${PARSER}, [], ${options}).send({ format: 'text' });`);
  }

  it.each<[string, string]>([
    ['ends while it is idle', ''],
    // The loop is longer than the test may take, but it ends even if the test fails.
    ['ends while a document keeps it busy', 'for (const end = Date.now() + 150_000; Date.now() < end; );'],
  ])('%s', async (_, act) => {
    const preload = program('preload.js', `process.on('message', () => { console.log('received'); ${act} });`);
    const child = spawn(process.execPath, [server('server.js', ['-r', preload])], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    // The output is closed when the parser process, which shares it, has ended too.
    await closed;
    expect(child.signalCode).toBe('SIGKILL');
  });
});

function longDocx(): Uint8Array {
  const TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>';
  const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const text = `<w:p><w:r><w:t>${'a'.repeat(20_000_000)}</w:t></w:r></w:p>`;
  const document = `<w:document xmlns:w="${WORD}"><w:body>${text}</w:body></w:document>`;
  return makeZip([honestEntry('[Content_Types].xml', TYPES), honestEntry('word/document.xml', document)]);
}

function wideCsv(): Uint8Array {
  return new TextEncoder().encode(`${','.repeat(1_000_000)}\n${'a\n'.repeat(1_000)}`);
}

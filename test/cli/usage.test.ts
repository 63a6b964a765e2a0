import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DOCUMENTS, Workplace } from './run-command';

const HARBOUR = join(DOCUMENTS, 'harbour.md');
let workplace: Workplace;
let files: string[];

beforeAll(() => {
  workplace = new Workplace();
  mkdirSync(join(workplace.directory, 'folder'));
  writeFileSync(join(workplace.directory, 'a-file'), '');
  writeFileSync(join(workplace.directory, 'sk_file_secret'), '');
  writeFileSync(join(workplace.directory, 'a-list.json'), '[]');
  mkdirSync(join(workplace.directory, 'folder/sk_secret'));
  files = readdirSync(workplace.directory);
});

afterAll(() => workplace.remove());

/** Variables under which any start of a server fails, with another exit status. */
const NOTHING_THERE = { PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere' };
const ADDRESS_RULE = /TEMPORAL_ADDRESS, or the address of the profile, must be host:port, got 'https:\/\/h:7233\/'/;

describe('extend-parse', () => {
  it.each<[string, readonly string[], NodeJS.ProcessEnv, readonly RegExp[]]>([
    ['an unknown option', ['parse', '--fast', HARBOUR], {}, [/unknown option '--fast'/]],
    ['an unknown command', ['prase', HARBOUR], {}, [/unknown command 'prase'/]],
    ['an option without its value', ['parse', HARBOUR, '--out'], {}, [/'--out <directory>' argument missing/]],
    [
      'each argument that is no document',
      [
        ...['parse', 'no.pdf', 'no.txt', 'folder', 'ftp://h/x?secret', 'https://u:secret@[::1/x?sig=secret'],
        ...['https://h:99999/x?sig=secret', 'https:/h/x?sig=secret', 'sk_secret'],
      ],
      {},
      [
        /no such file: no\.pdf$/,
        /no such file: no\.txt$/,
        /folder is a directory: extend-parse batch folder parses the files in it$/,
        /ftp:\/\/h\/x is neither a file nor an http: or/,
        /not a URL: https:\/\/\*\*\*$/,
        /not a URL: https:\/\/h:99999\/x\?\*\*\*$/,
        /no such file: https:\/h\/x\?\*\*\*$/,
        /no such file: sk_\*\*\*$/,
      ],
    ],
    ['a URL in a batch', ['batch', 'https://h:99999/x?sig=secret'], {}, [/not a URL: https:\/\/h:99999\/x\?\*\*\*$/]],
    ['a key as an option', ['worker', '--api-key=secret'], {}, [/unknown option '--api-key=\*\*\*'/]],
    ['a key as an argument', ['worker', 'sk_secret'], {}, [/too many arguments/]],
    ['a key as a command', ['sk_secret'], {}, [/unknown command 'sk_\*\*\*'/]],
    ['a key for a port', ['emulator', '--port', 'sk_secret'], {}, [/argument 'sk_\*\*\*' is invalid/]],
    ['a key for a width', ['batch', HARBOUR, '--width', 'sk_secret'], {}, [/argument 'sk_\*\*\*' is invalid/]],
    [
      'a width that needs bulk submits',
      ['batch', HARBOUR, '--width', '501'],
      {},
      [/must be at most 500 without --bulk, got 501/],
    ],
    [
      'bulk submits in the older version',
      ['batch', HARBOUR, '--bulk'],
      {},
      [/--bulk needs version 2026-02-09 of Extend's API/],
    ],
    [
      'a key for the name of a batch',
      ['batch', HARBOUR, '--key', `sk_secret${'x'.repeat(700)}`],
      {},
      [/--key must have 1 to 700 bytes, got 'sk_\*\*\*'/],
    ],
    ['a key for the output directory', ['parse', HARBOUR, '--out', 'sk_file_secret'], {}, [/got the file sk_\*\*\*/]],
    ['a key for a folder', ['batch', 'folder/sk_secret'], {}, [/no files in folder\/sk_\*\*\*/]],
    ['a value with an escape', ['emulator', '--port', '1\u001b[31m\u202e2'], {}, [/argument '1 \[31m2' is invalid/]],
    ['a file as output directory', ['batch', HARBOUR, '--out', 'a-file'], {}, [/--out must be a directory.*a-file/]],
    [
      'a configuration that is no file',
      ['parse', HARBOUR, '--config', 'no.json'],
      {},
      [/--config must name a JSON file: ENO/],
    ],
    [
      'a configuration that is no object',
      ['parse', HARBOUR, '--config', 'a-list.json'],
      {},
      [/one object, got a-list/],
    ],
    [
      'an unknown chunking',
      ['parse', HARBOUR, '--chunking', 'word'],
      {},
      [/Allowed choices are page, section, document/],
    ],
    ['a deadline without a unit', ['parse', HARBOUR, '--deadline', '30'], {}, [/as in 90s, 30m, 2h or 1d/]],
    ['a deadline of no time', ['parse', HARBOUR, '--deadline', '0s'], {}, [/as in 90s, 30m, 2h or 1d/]],
    ['a port that is none', ['worker', '--health', '65536'], { EXTEND_API_KEY: 'k' }, [/from 0 to 65535/]],
    [
      'keys and a password in the variables of a worker',
      ['worker'],
      {
        EXTEND_API_KEY_FILE: 'sk_secret',
        EXTEND_BASE_URL: 'live.secret',
        TEMPORAL_ADDRESS: 'https://u:secret@h:7233',
      },
      [/EXTEND_BASE_URL must be/, /EXTEND_API_KEY_FILE must name a readable file/, ADDRESS_RULE],
    ],
    [
      "a password in Temporal's address, and a key over two lines",
      ['parse', HARBOUR],
      { TEMPORAL_ADDRESS: 'https://u:secret@h:7233', TEMPORAL_API_KEY: 'secret\nsecret' },
      [ADDRESS_RULE, /TEMPORAL_API_KEY, or the api_key of the profile, must be one word/],
    ],
    ['a base URL without a key', ['parse', HARBOUR], { EXTEND_BASE_URL: 'https://h' }, [/EXTEND_BASE_URL is set/]],
    [
      'plain http to another machine, and an unknown Temporal profile',
      ['parse', HARBOUR],
      { EXTEND_API_KEY: 'k', EXTEND_BASE_URL: 'http://files.example', TEMPORAL_PROFILE: 'nope' },
      [/EXTEND_BASE_URL must be an https: URL/, /Profile 'nope' not found/],
    ],
  ])('refuses %s before anything is started', async (_what, args, env, messages) => {
    const { status, stdout, stderr } = await workplace.run(args, { env: { ...NOTHING_THERE, ...env } });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const lines = stderr.trim().split('\n');
    for (const message of messages) expect(lines).toContainEqual(expect.stringMatching(message));
    expect(lines.length).toBeLessThanOrEqual(messages.length + 2);
    expect(stderr).not.toContain('secret');
    expect(readdirSync(workplace.directory)).toEqual(files);
  });

  it('prints JSON with --json, also if it can do nothing', async () => {
    const { status, stdout, stderr } = await workplace.run(['parse', 'no.pdf', '--json']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'extend-parse: no such file: no.pdf\n' });
    expect(JSON.parse(stdout)).toEqual({ documents: [], error: 'no such file: no.pdf' });
  });

  it.each([
    ['an unknown option', ['parse', HARBOUR, '--json', '--fast=sk_secret'], "unknown option '--fast=***'"],
    ['an unknown choice', ['parse', HARBOUR, '--chunking', 'word', '--json'], 'Allowed choices are page, section, doc'],
    ['a batch of nothing', ['batch', '--json'], "missing required argument 'documents'"],
  ])('prints JSON with --json for %s', async (_what, args, message) => {
    const { status, stdout, stderr } = await workplace.run(args);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ documents: [], error: expect.stringContaining(message) });
    expect(stderr).toContain(message);
    expect(stdout).not.toMatch(/secret|--help/);
  });

  it('prints no JSON for a document that is named --json', async () => {
    expect(await workplace.run(['parse', '--fast', '--', '--json'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('shows its commands and its version', async () => {
    const help = await workplace.run(['--help']);
    expect({ ...help, stdout: '' }).toEqual({ status: 0, stdout: '', stderr: '' });
    for (const command of ['parse', 'worker', 'doctor', 'dev', 'emulator'])
      expect(help.stdout).toContain(`  ${command} `);
    expect(help.stdout.replace(/\s+/g, ' ')).toContain('EXTEND_BASE_URL is the address that it prints');
    expect((await workplace.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

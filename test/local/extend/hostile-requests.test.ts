/** Risks tested here: a request ends the process of the emulator, or a web page reaches the emulator. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Workplace, type Running } from '../../cli/run-command';
import { API_HEADERS } from './api-call';
import { sendBytes, statusOf, toBytes, type RawRequest } from './raw-request';

const AUTHORIZED = Object.entries(API_HEADERS).map(([name, value]) => `${name}: ${value}`);
const AUTHORIZED_NEW = [
  ...AUTHORIZED.filter((line) => !line.startsWith('x-extend')),
  'x-extend-api-version: 2026-02-09',
];
const OK_URL = 'http://emulator.invalid/ok?reads=0';

let workplace: Workplace;
let command: Running;
let port: number;

beforeAll(async () => {
  workplace = new Workplace();
  command = workplace.start(['emulator']);
  port = Number(/listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(await command.waitFor(/listening on \S+\n/))?.[1]);
});
afterAll(() => workplace.remove());

/** Adds the headers that the API requires, and the emulator's own Host. */
function authorized(request: RawRequest, ...headers: readonly string[]): RawRequest {
  return { ...request, headers: [`Host: 127.0.0.1:${port}`, ...AUTHORIZED, ...headers] };
}

/** Adds the headers of version 2026-02-09, and the emulator's own Host. */
function authorizedNew(request: RawRequest, ...headers: readonly string[]): RawRequest {
  return { ...request, headers: [`Host: 127.0.0.1:${port}`, ...AUTHORIZED_NEW, ...headers] };
}

/** Creates a request of version 2026-02-09 with a JSON body. */
function posted(target: string, body: string): RawRequest {
  const headers = ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`];
  return authorizedNew({ method: 'POST', target, body }, ...headers);
}

function submission(body: string): RawRequest {
  const headers = ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`];
  return authorized({ method: 'POST', target: '/parse/async', body }, ...headers);
}

/** Sends a request, and returns the JSON body of the answer. */
async function answerTo(request: RawRequest): Promise<Record<string, unknown>> {
  const answer = await sendBytes(port, toBytes(port, request));
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')).trim()) as Record<string, unknown>;
}

/** Creates a run and fetches its result. Rejects if the emulator has ended. */
async function parseOne(): Promise<void> {
  const { id } = await answerTo(submission(JSON.stringify({ file: { fileUrl: OK_URL } })));
  const { parserRun } = await answerTo(authorized({ target: `/parser_runs/${String(id)}` }));
  expect(parserRun).toMatchObject({ id, status: 'PROCESSED' });
  expect(command.child.exitCode).toBeNull();
}

describe('no request ends the emulator', () => {
  const TARGETS = [
    ...['//', '//[', '///', '//:80', '//a:x', '//user@', '/\\', 'http://[', 'http://a:99999/'],
    ...['/parse_runs/%E0%A4%A', '/parse_runs/%', '/batch_runs/%00', '/parse_runs?limit=%', '/presigned/runs/%/output'],
    ...['/parse_runs?nextPageToken=%00', '/parse_runs//cancel', '/parse_runs/..%2F..%2Fx'],
    ...['*', '/%', '/%00', 'http://', '/?a=%', '/../..', '//a/x', '/parser_runs/%E0%A4%A', 'http://127.0.0.1//'],
  ];
  it.each(TARGETS)('with the target %s', async (target) => {
    expect(await statusOf(port, { target })).toBeGreaterThanOrEqual(400);
    expect(await statusOf(port, authorized({ target }))).toBeGreaterThanOrEqual(400);
    for (const method of ['GET', 'DELETE', 'POST']) {
      expect(await statusOf(port, authorizedNew({ method, target }))).toBeGreaterThanOrEqual(400);
    }
    await parseOne();
  });

  it.each([
    ['a chunk size that is not a number', 'Transfer-Encoding: chunked', 'xyz\r\nabc\r\n0\r\n\r\n'],
    ['a chunk that is cut off', 'Transfer-Encoding: chunked', 'ff\r\nabc'],
    ['a body that is cut off', 'Content-Length: 1000', 'abc'],
    ['two contradicting lengths', 'Content-Length: 1\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['a form without a boundary', 'Content-Type: multipart/form-data\r\nContent-Length: 3', 'abc'],
    ['an expectation', 'Expect: miracles\r\nContent-Length: 0', ''],
    ['an upgrade', 'Connection: Upgrade\r\nUpgrade: websocket', ''],
    ['the header __proto__', '__proto__: x\r\nContent-Length: 0', ''],
  ])('with %s', async (_, header, body) => {
    for (const target of ['/parse/async', '/files/upload', '/']) {
      await sendBytes(port, toBytes(port, authorized({ method: 'POST', target, body }, header)));
    }
    for (const target of ['/parse_runs', '/parse_runs/batch', '/parse_runs/x/cancel']) {
      await sendBytes(port, toBytes(port, authorizedNew({ method: 'POST', target, body }, header)));
    }
    await parseOne();
  });

  it('with a config of 200,000 levels, and the submit gets an answer', async () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const config of [`{"a":${nested}}`, `{"chunkingStrategy":{"type":${nested}}}`, nested]) {
      const request = submission(`{"file":{"fileUrl":"${OK_URL}"},"config":${config}}`);
      expect(await statusOf(port, request)).toBe(400);
    }
    const elsewhere = submission(`{"file":{"fileUrl":"${OK_URL}"},"metadata":${nested}}`);
    expect(await statusOf(port, elsewhere)).toBe(200);
    await parseOne();
  });

  it('with any member of 200,000 levels in version 2026-02-09, and the request gets an answer', async () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const file = `"file":{"url":"${OK_URL}"}`;
    for (const body of [
      `{${file},"metadata":{"a":${nested}}}`,
      `{${file},"metadata":{"extend:usage_tags":${nested}}}`,
      `{${file},"dataRetention":{"mode":${nested}}}`,
      `{${file},"config":{"a":${nested}}}`,
      `{"file":{"url":"${OK_URL}","settings":{"password":${nested}}}}`,
    ]) {
      expect(await statusOf(port, posted('/parse_runs', body))).toBe(400);
      expect(await statusOf(port, posted('/parse_runs/batch', `{"inputs":[${body}]}`))).toBe(
        body.includes('Retention') || body.includes('config') ? 200 : 400,
      );
    }
    expect(await statusOf(port, posted('/parse_runs/batch', `{"inputs":${nested}}`))).toBe(400);
    await parseOne();
  });

  it.each([
    ['a name that is wrongly encoded', '%E0%A4%A', 'is no name of a scripted document'],
    ['a result of more than 400 MB', 'huge?mb=401', 'mb must be at most 400'],
    ['more than 100,000 pages', 'ok?pages=100001', 'pages must be at most 100000'],
  ])('with %s in fileUrl, which is refused', async (_, name, message) => {
    const request = submission(JSON.stringify({ file: { fileUrl: `http://emulator.invalid/${name}` } }));
    expect(await statusOf(port, request)).toBe(400);
    expect((await answerTo(request))['error']).toContain(message);
  });

  it('among 3,000 random requests', async () => {
    const requests = fc.sample(randomBytes(), { numRuns: 3_000, seed: 12 });
    for (let at = 0; at < requests.length; at += 50) {
      await Promise.all(requests.slice(at, at + 50).map((bytes) => sendBytes(port, bytes)));
    }
    await parseOne();
  }, 120_000);

  /** Creates requests of odd parts. Most of them are well-formed enough to reach the emulator's own code. */
  function randomBytes(): fc.Arbitrary<string> {
    const printable = fc.string({ unit: fc.integer({ min: 33, max: 255 }).map((code) => String.fromCharCode(code)) });
    const pieces = fc.constantFrom(
      '/',
      '//',
      '\\',
      '%',
      '[',
      ']',
      '@',
      ':',
      '?',
      '#',
      '..',
      '=',
      '&',
      'a',
      '%2f',
      '%ff',
    );
    const path = fc.array(fc.oneof(pieces, printable), { maxLength: 6 }).map((parts) => parts.join(''));
    const start = fc.constantFrom(
      '/',
      '//',
      '/parser_runs/',
      '/parse_runs/',
      '/parse_runs?',
      '/batch_runs/',
      '/files/',
      '/presigned/',
      '/parse',
      'http://',
      '',
      '*',
    );
    const target = fc.tuple(start, path).map((parts) => parts.join(''));
    const method = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PATCH', 'CONNECT', 'BREW');
    const name = fc.constantFrom('Host', 'Origin', 'Content-Type', 'Content-Length', 'Transfer-Encoding', 'X-Odd');
    const value = fc.oneof(printable, fc.constantFrom('chunked', '3', 'application/json', 'multipart/form-data'));
    const headers = fc.array(
      fc.tuple(name, value).map((parts) => parts.join(': ')),
      { maxLength: 4 },
    );
    const body = fc.oneof(printable, fc.json(), fc.constant('3\r\nabc\r\n0\r\n\r\n'));
    return fc
      .record({ method, target, headers, body, add: fc.constantFrom(authorized, authorizedNew, undefined) })
      .map(({ add, ...request }) => toBytes(port, add ? add(request, ...request.headers) : request));
  }
});

describe('the Host header', () => {
  it.each(['localhost', 'LocalHost:1', '127.0.0.1', '127.1.2.3:9', '[::1]', '[::1]:80'])(
    'may name this machine: %s',
    async (host) => {
      expect(await statusOf(port, { headers: [`Host: ${host}`, ...AUTHORIZED] })).toBe(404);
    },
  );

  it.each([
    ...['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:80', '10.0.0.1'],
    ...['127.0.0.1@evil.example', 'localhost, evil.example', '[::1].evil.example', '[::2]', '', '1.127.0.0.1'],
  ])('must name no other machine: %s', async (host) => {
    const headers = [`Host: ${host}`, ...AUTHORIZED];
    expect(await statusOf(port, { headers })).toBe(403);
    expect((await answerTo({ headers }))['error']).toMatch(/^The emulator answers requests to localhost, 127\.0\.0\.1/);
  });

  it('must occur exactly once, and the host of an absolute target is checked too', async () => {
    expect(await statusOf(port, { headers: AUTHORIZED })).toBe(403);
    expect(await statusOf(port, { headers: ['Host: localhost', 'Host: evil.example', ...AUTHORIZED] })).toBe(403);
    expect(await statusOf(port, authorized({ target: 'http://evil.example/files' }))).toBe(403);
    expect(await statusOf(port, authorized({ target: `http://127.0.0.1:${port}/files` }))).toBe(200);
  });
});

describe('a request of a web page', () => {
  const body = JSON.stringify({ file: { fileUrl: OK_URL } });
  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'file://', 'chrome-extension://localhost'])(
    'is refused by its Origin %s',
    async (origin) => {
      const { headers = [], ...submit } = submission(body);
      const request = { ...submit, headers: [...headers, `Origin: ${origin}`] };
      expect(await statusOf(port, request)).toBe(403);
      expect((await answerTo(request))['error']).toMatch(/^The emulator does not answer web pages of another origin/);
      expect(await statusOf(port, { method: 'OPTIONS', headers: ['Host: localhost', `Origin: ${origin}`] })).toBe(403);
    },
  );

  it('is answered if the page is of this machine', async () => {
    const { headers = [], ...submit } = submission(body);
    const origins = ['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080'];
    for (const origin of origins)
      expect(await statusOf(port, { ...submit, headers: [...headers, `Origin: ${origin}`] })).toBe(200);
  });

  it.each(['cross-site', 'same-site', 'unknown'])(
    'is refused by its Sec-Fetch-Site %s, without Origin',
    async (site) => {
      const request = authorized({ target: '/files' }, `Sec-Fetch-Site: ${site}`);
      expect(await statusOf(port, request)).toBe(403);
      const message = `The emulator does not answer web pages of another origin, got Sec-Fetch-Site "${site}"`;
      expect((await answerTo(request))['error']).toBe(message);
    },
  );

  it('is answered if the user typed the address, or if the page names an origin of this machine', async () => {
    for (const site of ['same-origin', 'none']) {
      expect(await statusOf(port, authorized({ target: '/files' }, `Sec-Fetch-Site: ${site}`))).toBe(200);
    }
    const headers = ['Origin: http://localhost:3000', 'Sec-Fetch-Site: cross-site'];
    expect(await statusOf(port, authorized({ target: '/files' }, ...headers))).toBe(200);
  });
});

describe('a caller that is refused', () => {
  const head = (host: string) => {
    const lines = ['POST /files/upload HTTP/1.1', `Host: ${host}`, ...AUTHORIZED, 'Content-Length: 100000000', '', ''];
    return lines.join('\r\n');
  };

  it('is answered before it has sent its body, and the connection is closed', async () => {
    const socket = connect({ host: '127.0.0.1', port });
    const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).on('close', () => resolve()));
    socket.write(head('evil.example'));
    const [answer] = (await once(socket.setEncoding('latin1'), 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    await closed;
    await parseOne();
  });

  it('cannot send 100 MB', async () => {
    const socket = connect({ host: '127.0.0.1', port });
    const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).on('close', () => resolve()));
    socket.resume().write(head('evil.example'));
    const piece = Buffer.alloc(1_000_000);
    const send = () => {
      while (socket.writable && socket.write(piece));
    };
    socket.on('drain', send);
    send();
    await closed;
    // A part of these bytes is only in the buffers of the operating system.
    expect(socket.bytesWritten).toBeLessThan(50_000_000);
    await parseOne();
  });
});

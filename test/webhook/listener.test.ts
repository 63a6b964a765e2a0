/** Risk tested here: the listener changes the bytes of a body or the globals of the process, or hides a mistake of its user. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createWebhookListener, type WebhookHandler } from '../../webhook';

const globals = [globalThis.Request, globalThis.Response];
const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const echo: WebhookHandler = async (request) =>
  new Response(await request.arrayBuffer(), {
    status: 202,
    headers: { 'x-two': request.headers.get('x-two') ?? 'none' },
  });

describe('the listener', () => {
  it('gives the raw bytes and joined headers to the handler, and leaves the globals alone', async () => {
    const url = await serve(createWebhookListener(echo));
    const bytes = Uint8Array.from({ length: 512 }, (_, at) => at % 256);
    const answer = await fetch(url, {
      method: 'POST',
      body: bytes,
      headers: [
        ['x-two', 'a'],
        ['x-two', 'b'],
      ],
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-two')).toBe('a, b');
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
    expect([globalThis.Request, globalThis.Response]).toEqual(globals);
  });

  it('closes the connection of a body that the handler has refused, and reads no more of it', async () => {
    const listener = createWebhookListener(async () => new Response('no', { status: 401 }));
    let receiving: Socket | undefined;
    const url = await serve((message, response) => {
      receiving = message.socket;
      listener(message, response);
    });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    // The sender goes on after the answer, until the receiver closes the connection.
    socket.on('error', () => undefined);
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.write(head);
    const sending = setInterval(() => socket.write('1\r\nx\r\n'), 5);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    await once(socket, 'close');
    clearInterval(sending);
    // The library would read for half a second.
    expect(receiving?.bytesRead).toBeLessThan(head.length + 20 * 6);
  });

  it('behind a body parser answers 500 and says where to mount it', async () => {
    const listener = createWebhookListener(echo);
    const url = await serve((message, response) => {
      void (async () => {
        await text(message);
        listener(message, response);
      })();
    });
    const answer = await fetch(url, { method: 'POST', body: '{}' });
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringContaining('in front of all body parsers'),
    ]);
  });

  it('takes the bytes that a platform has kept as rawBody', async () => {
    const listener = createWebhookListener(echo);
    const url = await serve((message, response) => {
      void (async () => {
        const pieces: Buffer[] = [];
        for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
        (message as IncomingMessage & { rawBody: Buffer }).rawBody = Buffer.concat(pieces);
        listener(message, response);
      })();
    });
    const answer = await fetch(url, { method: 'POST', body: 'kept' });
    expect(await answer.text()).toBe('kept');
  });

  it('answers 400 to a target that is no URL, and goes on', async () => {
    const url = await serve(createWebhookListener(echo));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST \\\\ HTTP/1.1\r\nHost: a b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    const [piece] = (await once(socket, 'data')) as [Buffer];
    expect(piece.toString()).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(202);
  });
});

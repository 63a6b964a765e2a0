import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that answers every request with one large run, as fast as the reader takes it. */
export interface BoundedServer {
  readonly url: string;
  /** Resolves when the system has taken no bytes for half a second, with the number of bytes that it took. */
  stalled(): Promise<number>;
  close(): Promise<void>;
}

const TEXT = Buffer.alloc(1_000_000, 'x');
const HEAD = '{"success":true,"parserRun":{"object":"parser_run","id":"r","fileId":"f","status":"PROCESSED","chunks":[';
const CHUNK = '{"object":"chunk","type":"page","metadata":{"pageRange":{"start":1,"end":1}},"blocks":[],"content":"';
const TAIL = '"}],"metrics":{"processingTimeMs":1,"pageCount":1}}}';

/** Starts the server on loopback. The run has one chunk of the given number of million characters. */
export async function startBoundedServer({ megabytes }: { readonly megabytes: number }): Promise<BoundedServer> {
  let sent = 0;
  function* parts() {
    yield Buffer.from(HEAD + CHUNK);
    for (let part = 0; part < megabytes; part++) {
      yield TEXT;
      sent += TEXT.length;
    }
    yield Buffer.from(TAIL);
  }
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    // The reader may close the connection early.
    pipeline(Readable.from(parts(), { objectMode: false, highWaterMark: 1 }), response, () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stalled() {
      for (let before = -1; before !== sent || sent === 0;) {
        before = sent;
        await sleep(500);
      }
      return sent;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

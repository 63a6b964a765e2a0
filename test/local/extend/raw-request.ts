import { connect } from 'node:net';

/** Parts of a request that are sent unchanged. */
export interface RawRequest {
  readonly method?: string;
  /** Request target, valid or not. @default '/' */
  readonly target?: string;
  /** Header lines. @default a Host header that names the emulator */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Sends bytes to a port, closes the sending side, and returns the whole answer until the connection is closed. */
export async function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.end(bytes, 'latin1'));
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    // A reset ends the connection like any other close. The tests check the answer.
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}

/** Returns the bytes of a request, as latin1. */
export function toBytes(port: number, { method = 'GET', target = '/', headers, body = '' }: RawRequest): string {
  const lines = headers ?? [`Host: 127.0.0.1:${port}`];
  return [`${method} ${target} HTTP/1.1`, ...lines, 'Connection: close', '', body].join('\r\n');
}

/** Sends one request, and returns the HTTP status of its answer; 0 if there was none. */
export async function statusOf(port: number, request: RawRequest): Promise<number> {
  const answer = await sendBytes(port, toBytes(port, request));
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}

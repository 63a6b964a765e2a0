import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatorResponse } from './emulator-response';
import type { Reply } from './reply';

/** The end of an exchange, as the emulator sees it. */
export type Outcome = 'pending' | 'answered' | 'reset' | 'hung' | 'abandoned';

const BLANKS = Buffer.alloc(65_536, ' ');

/** Settings of {@link sendReply}. */
export interface SendReplyInput {
  /** Node's response, to which the answer is written. */
  readonly response: ServerResponse;
  /** Reply to perform. */
  readonly reply: Reply;
  /** Acts on the request and returns the natural answer. It is called at most once. */
  readonly act: () => Promise<EmulatorResponse>;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Performs one reply. Resolves when the last byte is handed over or the connection is gone. A hang resolves at once and
 * leaves the connection open.
 */
export async function sendReply(input: SendReplyInput): Promise<Outcome> {
  const { response, reply, act } = input;
  const acts = reply.kind === 'http' || reply.kind === 'reset' || reply.kind === 'hang' ? reply.acted === true : true;
  const answer = acts ? await act() : undefined;
  if (reply.delayMs !== undefined) await sleep(reply.delayMs, undefined, { ref: false });
  if (reply.kind === 'hang') return 'hung';
  if (reply.kind === 'reset') {
    resetConnection(response);
    return 'reset';
  }
  if (reply.kind === 'http') {
    await sendBody(response, reply.status, { ...input.headers, ...reply.headers }, Buffer.from(reply.body));
  } else if (answer !== undefined) {
    await sendNatural(input, reply, answer);
  }
  return response.writableFinished || response.writableEnded ? 'answered' : 'abandoned';
}

type NaturalKinds = Exclude<Reply, { kind: 'http' | 'reset' | 'hang' }>;

async function sendNatural(
  { response, headers }: SendReplyInput,
  reply: NaturalKinds,
  answer: EmulatorResponse,
): Promise<void> {
  const body = toBytes(answer, reply);
  const own = reply.kind === 'natural' ? reply.headers : undefined;
  const all = { ...headers, ...answer.headers, ...own };
  switch (reply.kind) {
    case 'drip':
      return dripBody(response, answer.status, all, body, reply);
    case 'truncated':
      return sendTruncated(response, answer.status, all, body, reply.how);
    case 'endless':
      return sendEndless(response, answer.status, all, body, reply.everyMs);
    case 'natural':
    case 'report':
    case 'padded':
      return sendBody(response, answer.status, all, body);
  }
}

function toBytes(answer: EmulatorResponse, reply: NaturalKinds): Buffer {
  if ('raw' in answer.body) return Buffer.from(answer.body.raw);
  const { json } = answer.body;
  if (reply.kind === 'padded') return Buffer.from(JSON.stringify({ ...asObject(json), padding: padding(reply.bytes) }));
  if (reply.kind === 'natural' && reply.extraFields !== undefined) {
    return Buffer.from(JSON.stringify({ ...asObject(json), ...reply.extraFields }));
  }
  return Buffer.from(JSON.stringify(json));
}

function asObject(json: unknown): object {
  return typeof json === 'object' && json !== null ? json : {};
}

function padding(bytes: number): string {
  return 'x'.repeat(bytes);
}

async function sendBody(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<void> {
  // An answer 204 has no body, and must not tell the length of one.
  const length = status === 204 ? {} : { 'content-length': String(body.byteLength) };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
  await settled(response);
}

async function dripBody(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  pace: { readonly pieceBytes: number; readonly everyMs: number },
): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': String(body.byteLength) });
  response.flushHeaders();
  for (let at = 0; at < body.byteLength && !response.destroyed; at += pace.pieceBytes) {
    await sleep(pace.everyMs, undefined, { ref: false });
    response.write(body.subarray(at, at + pace.pieceBytes));
  }
  if (!response.destroyed) response.end();
}

async function sendTruncated(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  how: 'framing' | 'json',
): Promise<void> {
  const half = body.subarray(0, Math.ceil(body.byteLength / 2));
  if (how === 'json') return sendBody(response, status, headers, half);
  response.writeHead(status, { ...headers, 'content-length': String(body.byteLength) });
  await new Promise<void>((resolve) => response.write(half, () => resolve()));
  response.socket?.destroySoon();
}

async function sendEndless(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  everyMs: number,
): Promise<void> {
  response.writeHead(status, headers);
  response.write(body);
  while (!response.destroyed) {
    if (everyMs > 0) {
      await sleep(everyMs, undefined, { ref: false });
      response.write(' ');
    } else {
      await new Promise<void>((resolve) => response.write(BLANKS, () => resolve()));
    }
  }
}

async function settled(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return;
  await Promise.race([once(response, 'finish'), once(response, 'close')]).catch(() => undefined);
}

function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

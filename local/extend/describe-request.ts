import type { IncomingMessage } from 'node:http';
import { RefusedRequest } from './answer';
import type { EmulatorState } from './emulator-state';
import type { EmulatorRequest } from './ledger';
import { matchRoute } from './routes';
import { findScript, type ScriptCall } from './scripted-document';

/**
 * Reads the request target. A path may begin with two slashes: as a relative URL it would name a host.
 *
 * @throws RefusedRequest 400 if the target is neither a path nor an absolute URL.
 */
export function parseTarget(target: string): URL {
  const text = target.startsWith('/') ? `http://localhost${target}` : target;
  if (!URL.canParse(text)) throw new RefusedRequest(400, 'The request target must be a path or an absolute URL');
  return new URL(text);
}

/** Describes a request as the ledger records it. */
export function describeRequest(
  message: IncomingMessage,
  { url, body, state }: { readonly url: URL; readonly body: Buffer; readonly state: EmulatorState },
): Omit<EmulatorRequest, 'index' | 'outcome'> {
  const query = Object.fromEntries(url.searchParams);
  const method = message.method ?? 'GET';
  const route = matchRoute(method, url.pathname, query);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const bodyJson = parseJson(body, headers['content-type'] ?? '');
  const about = { ...submittedFileId(bodyJson), ...route };
  const script = scriptOf(about.runId, bodyJson, state);
  return {
    ...about,
    method,
    path: url.pathname,
    query,
    headers,
    ...(bodyJson === undefined ? {} : { bodyJson }),
    bodyBytes: body.byteLength,
    ...(script === undefined ? {} : { script }),
    atMs: Date.now(),
  };
}

/** The scripted document that a submit's body names; `undefined` if it names none, or none that exists. */
export function submitCall(bodyJson: unknown, state: EmulatorState): ScriptCall | undefined {
  const fileUrl = submitted(bodyJson, 'fileUrl');
  if (fileUrl === undefined) return undefined;
  try {
    return findScript(fileUrl, state.scripts);
  } catch {
    return undefined;
  }
}

function parseJson(body: Buffer, contentType: string): unknown {
  if (body.byteLength === 0 || !contentType.toLowerCase().includes('json')) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function submitted(bodyJson: unknown, member: 'fileUrl' | 'fileId'): string | undefined {
  const file = (bodyJson as { file?: Record<string, unknown> | null } | undefined | null)?.file;
  const value = file?.[member];
  return typeof value === 'string' ? value : undefined;
}

function submittedFileId(bodyJson: unknown): { fileId?: string } {
  const fileId = submitted(bodyJson, 'fileId');
  return fileId === undefined ? {} : { fileId };
}

function scriptOf(runId: string | undefined, bodyJson: unknown, state: EmulatorState): string | undefined {
  if (runId !== undefined) return state.runs.find(runId)?.call?.name;
  return submitCall(bodyJson, state)?.name;
}

import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatorEndpoint } from './endpoint-store';
import type { WebhookSettings } from './webhook-options';

/** Factor by which each pause between attempts is longer than the one before. */
const RETRY_FACTOR = 3;

/** An event with its body, which is the same in each attempt. */
export interface EventToSend {
  readonly endpoint: EmulatorEndpoint;
  readonly body: string;
}

/** Settings of {@link sendEvent}. */
export interface SendEventOptions {
  /** Attempts, pauses and time limit. */
  readonly settings: WebhookSettings;
  /** Ends the sending. */
  readonly closing: AbortSignal;
  /** Tells if the endpoint still gets events. */
  readonly isEnabled: () => boolean;
  /** Called when an attempt begins. Returns the function to call at its end, with the HTTP status if there is an answer. */
  readonly onAttempt: (attempt: number) => (status: number | undefined) => void;
}

/** Sends an event until an attempt is answered with 2xx in time, or the last attempt has failed. */
export async function sendEvent(event: EventToSend, options: SendEventOptions): Promise<void> {
  const { settings, closing, isEnabled, onAttempt } = options;
  for (let attempt = 1; attempt <= settings.attempts; attempt += 1) {
    if (attempt > 1) await pause(settings.retryDelayMs * RETRY_FACTOR ** (attempt - 2), closing);
    if (closing.aborted || !isEnabled()) return;
    const end = onAttempt(attempt);
    const status = await post(event, AbortSignal.any([closing, AbortSignal.timeout(settings.timeoutMs)]));
    end(status);
    if (status !== undefined && status >= 200 && status < 300) return;
  }
}

/** Waits. It returns early if the emulator closes. */
export async function pause(delayMs: number, closing: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
}

/** Sends one signed attempt. @returns the status of the answer; `undefined` if there was none */
async function post({ endpoint, body }: EventToSend, signal: AbortSignal): Promise<number | undefined> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', endpoint.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    ...endpoint.headers,
    'content-type': 'application/json',
    'x-extend-request-timestamp': timestamp,
    'x-extend-request-signature': signature,
    'x-extend-api-version': endpoint.apiVersion,
  };
  try {
    const response = await fetch(endpoint.url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

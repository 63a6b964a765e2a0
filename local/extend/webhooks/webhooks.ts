import { defined } from '../../../json';
import { createId } from '../ids';
import type { PresignedUrls } from '../presigned-urls';
import type { Batch, Run } from '../run-store';
import { toEndpointFields, EndpointStore, type EmulatorEndpoint } from './endpoint-store';
import { endOfRun, eventTypeOf, kindOfType, payloadOf, type Occurrence } from './events';
import { pause, sendEvent } from './send-event';
import { resolveWebhooks, type PlannedDelivery, type WebhookOptions, type WebhookSettings } from './webhook-options';

/** Lifetime of the signed URL of a payload, in milliseconds, as Extend documents it. */
const URL_VALID_MS = 3_600_000;
/** Largest number of payloads behind signed URLs, and of deliveries, that are kept. The oldest ones are dropped. */
const MAX_KEPT = 100_000;

/** One attempt to deliver an event, or an event that was lost on purpose. */
export interface EmulatorDelivery extends PlannedDelivery {
  /** Number of the attempt, from 1; 0 for a lost event. */
  readonly attempt: number;
  /** Wall-clock time of the attempt, in milliseconds since the epoch. */
  readonly atMs: number;
  /** HTTP status of the answer. Absent while the attempt is pending, and if there was no answer. */
  readonly status?: number;
  readonly outcome: 'pending' | 'delivered' | 'failed' | 'lost';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Parts of an emulator that its webhooks need. */
export interface WebhooksInput {
  /** Settings that the emulator was given. */
  readonly options: WebhookOptions;
  /** Maker of the signed URLs of payloads. */
  readonly presigned: PresignedUrls;
  /** Ends all deliveries. */
  readonly closing: AbortSignal;
  /** Gives the emulator's own address. */
  readonly baseUrl: () => string;
}

/** The webhooks of one emulator: its endpoints, and the deliveries to them. */
export class Webhooks {
  readonly endpoints = new EndpointStore();
  readonly #settings: WebhookSettings;
  readonly #input: WebhooksInput;
  readonly #deliveries: Mutable<EmulatorDelivery>[] = [];
  readonly #payloads = new Map<string, unknown>();

  constructor(input: WebhooksInput) {
    this.#input = input;
    this.#settings = resolveWebhooks(input.options);
    for (const options of input.options.endpoints ?? []) {
      this.endpoints.create(toEndpointFields(options), options.signingSecret);
    }
  }

  /** Every attempt so far, in order. */
  get deliveries(): readonly EmulatorDelivery[] {
    return this.#deliveries;
  }

  /** Sends an event when the run ends. With an enabled endpoint, a scripted run also ends by itself. */
  follow(run: Run): void {
    run.progress.onEnd((snapshot) => {
      const occurrence = endOfRun(run, snapshot);
      if (occurrence !== undefined) this.#announce(occurrence);
    });
    if (!this.endpoints.list().some(({ status }) => status === 'enabled')) return;
    const durationMs = run.script?.document.durationMs ?? this.#settings.runDurationMs;
    void pause(durationMs, this.#input.closing).then(() => {
      if (!this.#input.closing.aborted) run.progress.finish();
    });
  }

  /** Sends an event when the last of these runs has ended. */
  followBatch(batch: Batch, runs: readonly Run[]): void {
    let left = runs.length;
    for (const { progress } of runs) {
      progress.onEnd(() => {
        left -= 1;
        if (left === 0) this.#announce({ kind: 'batchProcessed', batch });
      });
    }
  }

  /** Returns the payload behind a signed URL; `undefined` if there is none. */
  payload(key: string): unknown {
    return this.#payloads.get(key);
  }

  #announce(occurrence: Occurrence): void {
    const eventId = createId('event_');
    for (const endpoint of this.endpoints.list()) {
      const eventType = eventTypeOf(occurrence.kind, endpoint.apiVersion);
      const isWanted = endpoint.enabledEvents.some((type) => kindOfType(type) === occurrence.kind);
      if (endpoint.status !== 'enabled' || eventType === undefined || !isWanted) continue;
      void this.#deliver(occurrence, endpoint, { endpointId: endpoint.id, eventId, eventType });
    }
  }

  async #deliver(occurrence: Occurrence, endpoint: EmulatorEndpoint, event: PlannedDelivery): Promise<void> {
    const run = 'run' in occurrence ? occurrence.run : undefined;
    const planned = { ...event, ...defined({ runId: run?.id, script: run?.script?.name }) };
    const fault = this.#settings.faults(planned) ?? run?.script?.document.webhook ?? {};
    const { lost = false, delayMs = 0, copies = 1 } = fault;
    if (lost) return void this.#record({ ...planned, attempt: 0, atMs: Date.now(), outcome: 'lost' });
    const { eventId, eventType } = event;
    const body = JSON.stringify({ eventId, eventType, payload: this.#toPayload(occurrence, endpoint, eventId) });
    if (delayMs > 0) await pause(delayMs, this.#input.closing);
    await Promise.all(Array.from({ length: copies }, () => this.#send(planned, endpoint, body)));
  }

  #send(planned: PlannedDelivery, endpoint: EmulatorEndpoint, body: string): Promise<void> {
    const onAttempt = (attempt: number) => {
      const delivery = this.#record({ ...planned, attempt, atMs: Date.now(), outcome: 'pending' });
      return (status: number | undefined) => {
        delivery.outcome = status !== undefined && status >= 200 && status < 300 ? 'delivered' : 'failed';
        if (status !== undefined) delivery.status = status;
      };
    };
    const isEnabled = () => this.endpoints.isEnabled(endpoint.id);
    const { closing } = this.#input;
    return sendEvent({ endpoint, body }, { settings: this.#settings, closing, isEnabled, onAttempt });
  }

  /** The payload, or the object with its signed URL. */
  #toPayload(occurrence: Occurrence, endpoint: EmulatorEndpoint, eventId: string): unknown {
    const payload = payloadOf(occurrence, endpoint.apiVersion);
    const { format, urlThresholdBytes = 0 } = endpoint.payload;
    if (format === 'json' || Buffer.byteLength(JSON.stringify(payload)) <= urlThresholdBytes) return payload;
    const key = `${eventId}.${endpoint.id}`;
    this.#payloads.set(key, payload);
    for (const oldest of this.#payloads.keys()) {
      if (this.#payloads.size <= MAX_KEPT) break;
      this.#payloads.delete(oldest);
    }
    const data = this.#input.presigned.create(this.#input.baseUrl(), `/presigned/events/${key}`, URL_VALID_MS);
    if (this.#settings.signedUrlShape === 'urlOnly') return { data };
    const { id, metadata } = payload;
    return { object: 'signed_data_url', id, data, ...defined({ metadata }) };
  }

  #record(delivery: EmulatorDelivery): Mutable<EmulatorDelivery> {
    if (this.#deliveries.length >= MAX_KEPT) this.#deliveries.splice(0, MAX_KEPT / 2);
    const entry = { ...delivery };
    this.#deliveries.push(entry);
    return entry;
  }
}

import type { ApiVersion } from '../../../contract/extend/parse-api';

/** Format of the payloads of an endpoint. */
export interface PayloadFormat {
  /** `json`: the payload itself. `url`: a signed URL of the payload. */
  readonly format: 'json' | 'url';
  /** Payloads of at most this size are sent as JSON also with `url`, in bytes. @default 0 */
  readonly urlThresholdBytes?: number;
}

/** An endpoint of webhooks that exists when the emulator starts. */
export interface EndpointOptions {
  /** URL to which events are sent. */
  readonly url: string;
  /** Signing secret. @default a random one, see `Emulator.webhookEndpoints` */
  readonly signingSecret?: string;
  /** Version of the API in whose words the events are written. @default '2026-02-09' */
  readonly apiVersion?: ApiVersion;
  /** Types of the events. @default all events about runs and batches of runs */
  readonly enabledEvents?: readonly string[];
  /** Format of the payloads. @default JSON */
  readonly payload?: PayloadFormat;
}

/** An event on its way to an endpoint. */
export interface PlannedDelivery {
  readonly endpointId: string;
  readonly eventId: string;
  readonly eventType: string;
  /** Run that the event is about. Absent for an event about a batch. */
  readonly runId?: string;
  /** Name of the scripted document of the run. Absent for a run that is really parsed. */
  readonly script?: string;
}

/** Deviation of one event from its normal delivery. It is plain data. Different delays change the order of events. */
export interface WebhookFault {
  /** `true`: the event is never sent. @default false */
  readonly lost?: boolean;
  /** Time before the first attempt, in milliseconds of real time. @default 0 */
  readonly delayMs?: number;
  /** Number of times that the event is delivered. @default 1 */
  readonly copies?: number;
}

/** Settings of the webhooks of an emulator. Extend documents neither the number of attempts nor the pauses. */
export interface WebhookOptions {
  /** Endpoints that exist from the start. Others are created by the API, version 2026-02-09. @default [] */
  readonly endpoints?: readonly EndpointOptions[];
  /**
   * Chooses the deviation of an event from its normal delivery, or none. It is called once for each event and endpoint,
   * before `webhook` of the script counts. @default none
   */
  readonly faults?: (delivery: PlannedDelivery) => WebhookFault | undefined;
  /**
   * Time after which a scripted run ends by itself, in milliseconds of real time, if there is an enabled endpoint when it
   * is submitted. Without endpoints, only requests make scripted runs advance. `durationMs` of a script comes first.
   * @default 50
   */
  readonly runDurationMs?: number;
  /** Largest number of attempts to deliver an event. @default 6 */
  readonly attempts?: number;
  /** Pause before the second attempt, in milliseconds. Each further pause is three times as long. @default 5_000 */
  readonly retryDelayMs?: number;
  /** Time limit of an attempt, in milliseconds. @default 30_000, as Extend documents it */
  readonly timeoutMs?: number;
  /**
   * Shape of a payload that is sent as a signed URL. Extend's SDK has `full`, with id and metadata beside the URL. Older
   * pages of the documentation show `urlOnly`. @default 'full'
   */
  readonly signedUrlShape?: 'full' | 'urlOnly';
}

/** The settings with all defaults. */
export type WebhookSettings = Required<Omit<WebhookOptions, 'endpoints'>>;

/** Fills in the defaults. @throws RangeError for a number that is out of its range */
export function resolveWebhooks(options: WebhookOptions): WebhookSettings {
  const { attempts = 6, retryDelayMs = 5_000, timeoutMs = 30_000, runDurationMs = 50 } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new RangeError(`webhooks.attempts must be a whole number from 1, got ${attempts}`);
  }
  for (const [name, value] of Object.entries({ retryDelayMs, timeoutMs, runDurationMs })) {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`webhooks.${name} must be at least 0, got ${value}`);
  }
  const { faults = () => undefined, signedUrlShape = 'full' } = options;
  return { attempts, retryDelayMs, timeoutMs, runDurationMs, faults, signedUrlShape };
}

import type { ApiVersion } from '../contract/extend';
import { type Redactor } from '../privacy';
import { exchange, exchangeParts, type Connection, type ExchangeRequest } from './exchange';
import type { HttpAnswer } from './http-answer';

/** Time limits of the requests, in milliseconds. */
export interface Timeouts {
  readonly statusMs: number;
  readonly submitMs: number;
  readonly fetchMs: number;
}

/** A request, without the version that its sender adds. */
export type UnversionedRequest = Omit<ExchangeRequest, 'apiVersion'>;

/** Sends requests in one version of the API. */
export interface Sender {
  readonly apiVersion: ApiVersion;
  readonly timeouts: Timeouts;
  /** Sends one request once, and reads its answer. */
  readonly send: <T>(
    request: UnversionedRequest,
    read: (answer: HttpAnswer, redactor: Redactor) => Promise<T>,
  ) => Promise<T>;
  /** Sends one request once, and gives the body of its answer as it arrives. */
  readonly sendForParts: (request: UnversionedRequest) => AsyncGenerator<Uint8Array, void>;
}

/** Builds the sender of one version. */
export function createSender(apiVersion: ApiVersion, connection: Connection, timeouts: Timeouts): Sender {
  return {
    apiVersion,
    timeouts,
    send: (request, read) => exchange(connection, { ...request, apiVersion }, read),
    sendForParts: (request) => exchangeParts(connection, { ...request, apiVersion }),
  };
}

/**
 * The only folder that talks to Extend, with one implementation for each version of its API. A call sends one request
 * and never repeats it, because Temporal retries. Two calls may send a second one: see {@link ExtendApi}.
 */
export { createExtendClient } from './client';
export type { ExtendClient, ExtendClientOptions } from './client';
export type { CallOptions, ExtendApi, PolledRun, RunListQuery } from './extend-api';
export type { ProxyOptions } from './proxied-fetch';
export { BodyTooLargeError } from './read-body';
export type { EndedRequest, RequestObserver, RequestOperation } from './request-watch';
export { startTimeLimit } from './time-limit';
export type { TimeLimit } from './time-limit';
export type { WebhookEndpointRequest, WebhookEndpoints } from './webhook-endpoints';

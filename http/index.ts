/**
 * The only folder that talks to Extend. A call sends one request and never repeats it, because Temporal retries. One
 * exception: a poll sends a second request when Extend refuses `responseType=url`; see `createPoller`.
 */
export { createExtendClient } from './client';
export type { CallOptions, ExtendClient, ExtendClientOptions } from './client';
export { BodyTooLargeError } from './read-body';
export type { EndedRequest, RequestObserver, RequestOperation } from './request-watch';
export { startTimeLimit } from './time-limit';
export type { TimeLimit } from './time-limit';

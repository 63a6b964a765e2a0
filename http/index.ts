/** The only folder that talks to Extend. One request per call, no retries: Temporal retries. */
export { createExtendClient } from './client';
export type { CallOptions, ExtendClient, ExtendClientOptions } from './client';
export { BodyTooLargeError } from './read-body';
export type { EndedRequest, RequestObserver, RequestOperation } from './request-watch';
export { startTimeLimit } from './time-limit';
export type { TimeLimit } from './time-limit';

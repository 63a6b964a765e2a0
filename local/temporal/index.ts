export { startDevServer } from './dev-server';
export type { DevServer, StartDevServerOptions } from './dev-server';
export { findTemporalServer } from './find-temporal-server';
export type { FindTemporalServerOptions } from './find-temporal-server';
export { ServerUnavailableError } from './server-unavailable-error';
export type { ServerAttempt } from './server-unavailable-error';
export { serverCacheDirectory } from './temporal-servers';
export type { TemporalServerKind } from './temporal-servers';

/**
 * `temporal-extend-parse/worker`, for worker processes. Requires Node and `@temporalio/worker`. Never import it in
 * workflow code.
 *
 * @packageDocumentation
 */
export {
  ConfigurationError,
  readApiVersionSetting,
  readMetricsAddress,
  readTemporalConfiguration,
  readWorkerConfiguration,
} from './configuration';
export type { WorkerConfiguration } from './configuration';
export { createParseWorker } from './create-parse-worker';
export type { ParseWorkerOptions } from './create-parse-worker';
export { ExtendParsePlugin } from './extend-parse-plugin';
export { runWorker } from './main';
export type { RunWorkerOptions } from './main';
export { METRIC_BUCKETS } from './metric-buckets';

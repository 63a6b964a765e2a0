/**
 * Settings of the list of runs, `GET /parse_runs`. Extend documents neither its order, nor its largest page, nor how soon
 * a run is listed. Its server was seen to ignore the documented parameter for the size of a page.
 */
export interface RunListOptions {
  /** Parameter that sets the size of a page. The other one is ignored. @default 'limit' */
  readonly sizeParameter?: 'limit' | 'maxPageSize';
  /** Size of a page without the parameter. @default 10 */
  readonly defaultSize?: number;
  /** Largest size of a page. A larger parameter is reduced to it. @default 100 */
  readonly maxSize?: number;
  /** Order of the runs by their creation. @default 'newestFirst' */
  readonly order?: 'newestFirst' | 'oldestFirst';
  /** Time until a new run is listed, in milliseconds of real time. @default 0 */
  readonly lagMs?: number;
  /** Number of answers that lack a new run although its filters match. @default 0 */
  readonly lagAnswers?: number;
}
